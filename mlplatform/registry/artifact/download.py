"""Bringing a whole artifact to this machine: any size, any number of files, resumable, each file whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from mlplatform.registry.artifact.cache_folder import cache_folder, key_name
from mlplatform.registry.artifact.errors import ArtifactError
from mlplatform.registry.digest import FileDigest, artifact_digest, digest_stream
from mlplatform.registry.parallel import WORKERS
from mlplatform.registry.process_lock import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

_TRIES = 3
_POLL_SECONDS = 0.2
# What an interrupted command left behind and nobody asked for since.
_LEFTOVER_SECONDS = 7 * 24 * 3600
_NO_CONTENT = "0" * 64


class ArtifactBytes:
    """Artifacts on their way through this machine, a folder each.

    A folder outlives a killed command, so that the next one goes on, and is removed once its bytes are released. A
    download that is resumed trusts the files that are whole: MLflow has no checksums to compare them with.
    """

    def __init__(self, directory: Path | None = None) -> None:
        """Use ``directory``, by default the user's cache directory."""
        self._directory = cache_folder(directory, "artifacts")

    @contextlib.contextmanager
    def folder(self, key: Mapping[str, str]) -> Iterator[ArtifactFolder]:
        """Yield the folder of an artifact; one command at a time works in it.

        Args:
            key: what names the bytes.

        Raises:
            OSError: the cache directory cannot be used.

        """
        name = key_name(key)
        with exclusive(self._directory / f"{name}.lock"):
            yield ArtifactFolder(path=self._directory / name)

    def remove_leftovers(self) -> None:
        """Remove what was left behind long ago."""
        limit = time.time() - _LEFTOVER_SECONDS
        for path in self._directory.glob("*") if self._directory.is_dir() else []:
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < limit:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


@dataclass(frozen=True, kw_only=True)
class ArtifactFolder:
    """The files of one artifact that are here already.

    Attributes:
        path: the folder; ``files/`` in it holds the files under their own names.

    """

    path: Path

    @property
    def files(self) -> Path:
        """Where the files lie."""
        return self.path / "files"

    def download(
        self,
        fetch: Callable[[str, str], None],
        sizes: Mapping[str, int | None],
        *,
        progress: Callable[[int], None] = lambda _size: None,
    ) -> tuple[FileDigest, ...]:
        """Bring the files here that are not, and return the digests of all, sorted by path.

        Args:
            fetch: brings one file of the artifact (its path) to a local path.
            sizes: path -> size of the files wanted, ``None`` where the store does not tell it.
            progress: called with the number of further bytes, from this thread.

        Raises:
            ArtifactError: a path that cannot be a file's name here, a file that comes in another size than listed, or
                no space to keep it.
            Exception: what ``fetch`` raised at its last try.

        """
        _check_paths(sizes)
        parts = self.path / "parts"
        parts.mkdir(parents=True, exist_ok=True)
        # So that it is no leftover while it is worked on.
        os.utime(self.path)
        pool = ThreadPoolExecutor(max_workers=min(WORKERS, max(len(sizes), 1)))
        try:
            names = {path: parts / str(index) for index, path in enumerate(sorted(sizes))}
            futures = [pool.submit(self._file, fetch, path, sizes[path], part) for path, part in names.items()]
            _await(futures, names.values(), progress)
            return tuple(future.result() for future in futures)
        finally:
            # Not waiting: whoever is interrupted wants to go.
            pool.shutdown(wait=False, cancel_futures=True)

    def remove(self) -> None:
        """Remove all bytes."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _file(self, fetch: Callable[[str, str], None], path: str, size: int | None, part: Path) -> FileDigest:
        target = self.files / path
        try:
            if not (target.is_file() and size in {None, target.stat().st_size}):
                _fetch(fetch, path, part)
                if size not in {None, part.stat().st_size}:
                    raise ArtifactError(
                        f"has a file {path} of {size} bytes, of which {part.stat().st_size} came; lock again"
                    )
                target.parent.mkdir(parents=True, exist_ok=True)
                # Whole on the disk before it has its name, even if the power fails in between.
                with part.open("rb") as stream:
                    os.fsync(stream.fileno())
                part.replace(target)
            with target.open("rb") as stream:
                return digest_stream(path, stream)
        except requests.RequestException:
            raise
        except OSError as error:
            if error.filename is None and error.errno is None:
                raise
            raise ArtifactError(
                f"cannot be kept in {self.path.parent} ({error.strerror or error}); make room, or let XDG_CACHE_HOME "
                "name another place"
            ) from None


def _fetch(fetch: Callable[[str, str], None], path: str, part: Path) -> None:
    """Fetch a file; a connection that breaks in the middle is not the end of a download of many gigabytes."""
    for attempt in Retrying(
        stop=stop_after_attempt(_TRIES),
        wait=wait_exponential(multiplier=0.25, max=2),
        retry=retry_if_exception_type(requests.RequestException),
        reraise=True,
    ):
        with attempt:
            part.unlink(missing_ok=True)
            fetch(path, str(part))


def _await(futures: Iterable[Future[FileDigest]], parts: Iterable[Path], progress: Callable[[int], None]) -> None:
    """Wait for downloads, telling how far they are; the first exception ends it."""
    waiting, listed, reported, finished = set(futures), list(parts), 0, 0
    while waiting:
        done, waiting = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            finished += future.result().size
        here = finished + sum(_size(part) for part in listed)
        if here > reported:
            progress(here - reported)
            reported = here


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _check_paths(paths: Iterable[str]) -> None:
    """Refuse names of a stranger's files that would be paths to elsewhere."""
    try:
        artifact_digest(FileDigest(path=path, size=0, sha256=_NO_CONTENT) for path in paths)
    except (ValueError, UnicodeEncodeError) as error:
        raise ArtifactError(f"cannot be locked: {error}; log the model again without such a file") from None
