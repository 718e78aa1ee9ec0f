"""The release store: publish a release, and check that it is still what was published."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlplatform.registry.client.failure import one_line
from mlplatform.registry.digest import artifact_digest
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.release.client import StoreClient, open_client
from mlplatform.registry.release.completeness import examine_release, extra_objects
from mlplatform.registry.release.conditional_writes import require_conditional_writes
from mlplatform.registry.release.errors import ReleaseStoreError
from mlplatform.registry.release.large_files import LargeFile
from mlplatform.registry.release.location import StoreLocation, digest_folder, release_uri, store_location
from mlplatform.registry.release.parts import is_large
from mlplatform.registry.release.small_files import require_equal, upload_small
from mlplatform.registry.release.source import hash_parts
from mlplatform.registry.release.stored_files import StoredFile, list_files, read_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from mlplatform.config.models import ReleaseStoreSection
    from mlplatform.registry.digest import FileDigest

# The digest of no artifact.
_NO_DIGEST = f"sha256:{'0' * 64}"
# Longer keys are refused by S3. Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
_MAX_KEY_BYTES = 1024


def open_release_store(settings: ReleaseStoreSection, *, ask_instance: bool = True) -> ReleaseStore:
    """Return the release store of a stack, which is not asked yet.

    Args:
        settings: what the stack says of it.
        ask_instance: whether this machine's role may be asked for (:func:`.client.open_client`).

    Raises:
        ReleaseStoreUnreachableError: its AWS profile is not known here, or no credentials are.
        ReleaseStoreError: its endpoint cannot be an address.

    """
    return ReleaseStore(open_client(settings, ask_instance=ask_instance))


class ReleaseStore:
    """Releases in one bucket below one prefix. Threads may share it."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client
        self._location = _location(client.settings.uri)
        self._probed: set[bool] = set()
        self._probing = threading.Lock()

    def require(self, registered_model: str) -> None:
        """Ask the store once where the releases of a registered model belong; none need be there yet.

        Raises:
            ReleaseStoreUnreachableError: the store does not answer, or refuses these credentials.
            ReleaseStoreError: no such bucket, or no S3 store.

        """
        # There, and not at the store's root: a reader may have no rights but to this model.
        nowhere = _location(release_uri(self._client.settings.uri, registered_model, _NO_DIGEST))
        try:
            list_files(self._client, nowhere)
        except ReleaseStoreError as error:
            # Nobody should look for a place that was made up to ask.
            raise type(error)(error.key, error.message.replace(nowhere.shown(), self._location.shown())) from None

    def publish(
        self,
        uri: str,
        folder: Path,
        files: Sequence[FileDigest],
        *,
        progress: Callable[[int], None] = lambda _size: None,
    ) -> None:
        """Write what is missing of a release, then verify all of it.

        Killed anywhere and called again, it goes on: finished files and finished parts of large ones are not sent
        again. Publishers of the same release may run side by side.

        Args:
            uri: of the release (:func:`mlplatform.registry.release.location.release_uri`).
            folder: where the files lie now.
            files: all files of the release; their digest is the last segment of ``uri``.
            progress: called with the number of further bytes that are in the store; one call at a time, from several
                threads. All calls add up to the size of the release.

        Raises:
            ReleaseStoreUnreachableError: the store does not answer, or refuses these credentials.
            SourceChangedError: a file in ``folder`` is not the one that was hashed.
            ReleaseStoreError: other content lies there, foreign objects lie there, or the store overwrites.
            ValueError: ``uri`` is not of these files.

        """
        location = _location_for(uri, files)
        report = _one_at_a_time(progress)
        there = list_files(self._client, location)
        if extra := extra_objects(there, files):
            raise ReleaseStoreError(
                "releaseStore.uri", f"in {location.shown()} {extra}; find out who wrote it, and delete it"
            )
        self._require_conditional_writes(file for file in files if file.path not in there)

        known, sums = self._send(location, folder, files, there, report)
        faults = examine_release(self._client, location, files, parts_sha256s=sums, known=known)
        if faults:
            raise ReleaseStoreError(
                "releaseStore.uri",
                f"the release at {location.shown()} is not right after writing it: {'; '.join(faults)}; somebody else "
                "writes or deletes there; run the command again when that is over",
            )

    def check(self, uri: str, files: Sequence[FileDigest], *, full: bool = False) -> tuple[str, ...]:
        """Return what is wrong with a release, a part of a sentence each; empty where it is what was published.

        Args:
            uri: of the release.
            files: all its files.
            full: read and hash every file, whatever the store says of it. Without, only files are read that the store
                has no SHA-256 checksum of the whole content of: large ones, which were sent in parts, and all of a
                store that keeps none.

        Raises:
            ReleaseStoreUnreachableError: the store does not answer, or refuses these credentials.
            ReleaseStoreError: no such bucket, or no S3 store.

        """
        return examine_release(self._client, _location(uri), files, full=full)

    def read(self, uri: str, file: FileDigest) -> bytes | None:
        """Return the content of a small file of a release, ``None`` where it is not there or has other content.

        Raises:
            ReleaseStoreError: the store cannot be asked.

        """
        chunks: list[bytes] = []
        read = read_digest(self._client, _location(uri), file.path, sink=chunks.append)
        equal = read is not None and (read.size, read.sha256) == (file.size, file.sha256)
        return b"".join(chunks) if equal else None

    def _send(
        self,
        location: StoreLocation,
        folder: Path,
        files: Sequence[FileDigest],
        there: Collection[str],
        report: Callable[[int], None],
    ) -> tuple[dict[str, StoredFile], dict[str, str]]:
        """Upload what is missing; return path -> what was stored before, and path -> checksum of its parts."""
        known: dict[str, StoredFile] = {}

        def send(file: FileDigest) -> None:
            if file.path in there and (stored := require_equal(self._client, location, file)):
                known[file.path] = stored
            else:
                upload_small(self._client, location, folder, file)
            report(file.size)

        run_parallel(send, [file for file in files if not is_large(file.size)])
        # One after the other: it is their parts that are sent side by side.
        sums = {}
        for file in files:
            if is_large(file.size):
                parts = hash_parts(folder, file)
                large = LargeFile(client=self._client, location=location, folder=folder, file=file, parts=parts)
                sums[file.path] = large.parts_sha256
                if file.path in there and (stored := large.stored()):
                    known[file.path] = stored
                    report(file.size)
                else:
                    large.upload(report)
        return known, sums

    def _require_conditional_writes(self, missing: Iterable[FileDigest]) -> None:
        """Probe the store before the first upload of each kind."""
        kinds = {is_large(file.size) for file in missing}
        with self._probing:
            if kinds - self._probed:
                require_conditional_writes(self._client, self._location, in_parts=True in kinds)
                self._probed |= kinds


def _location(uri: str) -> StoreLocation:
    try:
        return store_location(uri)
    except ValueError as error:
        raise ReleaseStoreError("releaseStore.uri", one_line(str(error))) from None


def _location_for(uri: str, files: Sequence[FileDigest]) -> StoreLocation:
    """Return the place of a URI that has to be that of these files."""
    folder = digest_folder(artifact_digest(files))
    if uri.rpartition("/")[2] != folder:
        raise ValueError(f"{uri} is not where files of the digest folder {folder} belong")
    location = _location(uri)
    longest = max((location.key(file.path) for file in files), key=lambda key: len(key.encode()))
    if len(longest.encode()) > _MAX_KEY_BYTES:
        raise ReleaseStoreError(
            "releaseStore.uri",
            f"the key {one_line(longest, 80)} would have more than the {_MAX_KEY_BYTES} bytes that S3 takes; shorten "
            "the prefix, or the names of the model's files",
        )
    return location


def _one_at_a_time(progress: Callable[[int], None]) -> Callable[[int], None]:
    lock = threading.Lock()

    def call(size: int) -> None:
        with lock:
            progress(size)

    return call
