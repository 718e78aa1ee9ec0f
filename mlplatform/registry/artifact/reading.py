"""Reading an artifact through MLflow: the facts in its files, and its digest where that is cheap."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mlplatform.registry.artifact.content import ArtifactContent, read_content
from mlplatform.registry.artifact.errors import ArtifactError, artifact_errors
from mlplatform.registry.client.failure import one_line
from mlplatform.registry.digest import digest_stream
from mlplatform.registry.facts.mlmodel import FACT_FILES, MLMODEL, MlmodelError
from mlplatform.registry.parallel import run_parallel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlflow.entities import FileInfo

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.client.artifacts import ArtifactFiles
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.client.tracking import TrackingReader
    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.facts.records import LoggedIds

# A preview may read as much as a developer's connection brings in seconds; most scikit-learn and boosting models are
# far below, deep networks far above. A lock computes the digest whatever the size.
DIGEST_LIMIT = 64 * 1024 * 1024
# Each file and each directory is one round trip.
_MAX_ENTRIES = 200
# No object store takes longer keys; a folder that holds itself, by a link, has no end otherwise.
_MAX_PATH = 1024


class ListedFiles(Protocol):
    """What lists the files of an artifact: :class:`ArtifactFiles`, or MLflow's own repository."""

    def list_artifacts(self, folder: str | None) -> Sequence[FileInfo]:
        """Return what lies directly in a folder, ``None`` for the top."""


def read_artifact(reader: RegistryReader, location: str, registry: RegistrySection) -> ArtifactContent:
    """Return the facts of an artifact.

    Args:
        reader: the registry.
        location: download URI of the artifact.
        registry: settings, for the errors.

    Raises:
        ArtifactError: no such artifact, no MLmodel or an unreadable one, or no way to read the location from here.
        RegistryFailureError: the server broke off.

    """
    with artifact_errors(location, registry):
        artifact = reader.artifacts(location)
        sizes = list_files(artifact, limit=_MAX_ENTRIES)
        require_mlmodel(sizes)
        # A file that comes after the deadline is written by a thread that goes on: it may still make this folder's.
        with tempfile.TemporaryDirectory(prefix="mlplatform-", ignore_cleanup_errors=True) as folder:
            return _read(artifact, sizes, Path(folder))


def ids_in_files(artifact: ArtifactFiles, sizes: Mapping[str, int | None]) -> LoggedIds:
    """Return which logged model and run an artifact's MLmodel says that it is of.

    Raises:
        MlmodelError: it cannot be read.
        ArtifactError: it did not come in full.

    """
    with tempfile.TemporaryDirectory(prefix="mlplatform-", ignore_cleanup_errors=True) as folder:
        _, content = _fetch(artifact, MLMODEL, sizes[MLMODEL], Path(folder) / "0")
    return read_content({MLMODEL: content}).logged_ids


def require_own_files(content: ArtifactContent, model_id: str | None, tracking: TrackingReader) -> None:
    """Check that files are not those of another logged model of the same server.

    A model that was copied from another server keeps the id that it had there, which this one does not know.

    Raises:
        ArtifactError: they are; whatever answered with them mixes models up.

    """
    logged = content.logged_model_id
    if model_id is not None and logged not in {None, model_id} and tracking.logged_models([logged]):
        raise ArtifactError(
            f"should be that of logged model {model_id}, but its files were logged as {logged}, another one of this "
            "server; look for a proxy or cache that mixes them up, or log the model again"
        )


def list_files(repository: ListedFiles, *, limit: int | None = None) -> dict[str, int | None]:
    """Return path -> size in bytes, ``None`` where the store does not tell it.

    Args:
        repository: the artifact.
        limit: number of entries after which the listing ends; one entry without a size then says so.

    Raises:
        ArtifactError: names that are no files' and folders' (``sub//a``, ``a/../b`` are fine keys of an object store).

    """
    sizes: dict[str, int | None] = {}
    folders: list[str | None] = [None]
    seen: set[str] = set()
    asked = 0
    while folders and (limit is None or (asked <= limit and len(sizes) <= limit)):
        folder = folders.pop(0)
        asked += 1
        for entry in repository.list_artifacts(folder):
            _check_entry(entry.path, folder or "", seen)
            seen.add(entry.path)
            if entry.is_dir:
                folders.append(entry.path)
            else:
                sizes[entry.path] = _listed_size(entry)
    if folders:
        # Not all seen: no digest of a part.
        sizes[folders[0] or ""] = None
    return sizes


def _listed_size(entry: FileInfo) -> int | None:
    size = entry.file_size
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise ArtifactError(
            f"has a file {one_line(entry.path)} whose listed size is {one_line(str(size), 40)}, no number of bytes; "
            "look at the store, and for a proxy before it"
        )
    return size


def _check_entry(path: str, folder: str, seen: Collection[str]) -> None:
    """Check that an entry lies directly in the folder that was asked for, and was not there before.

    MLflow's clients of object stores make paths of keys: of ``sub//a``, the folder ``sub`` in the folder ``sub``, and
    of ``./a`` one that is empty. Followed, the first would never end, and the second would lose a file.
    """
    if not isinstance(path, str):
        raise ArtifactError("is listed with a file whose path is no text; look at the store, and for a proxy before it")
    name = path.rpartition("/")[2]
    plain = path == (f"{folder}/{name}" if folder else name) and name not in {"", ".", ".."} and "\0" not in name
    # No text: a file's name on this machine that is no UTF-8.
    text = path.encode(errors="ignore").decode() == path
    if plain and text and path not in seen and len(path) <= _MAX_PATH:
        return
    raise ArtifactError(
        f"has an object below '{one_line(folder or path)}' whose key is no path of plain segments (an empty one, '.' "
        "or '..') or too long for one, so its files cannot all be read; log the model again without it"
    )


def require_mlmodel(sizes: Mapping[str, int | None]) -> None:
    """Check that an artifact is a model.

    Raises:
        MlmodelError: nothing there, or no MLmodel at its top.

    """
    if MLMODEL in sizes:
        return
    if not sizes:
        raise MlmodelError("is not there or empty; log the model again, or correct the version's source")
    inner = sorted(path for path in sizes if path.endswith(f"/{MLMODEL}"))
    hint = f"; the version's source should end in {inner[0].rpartition('/')[0]}" if inner else "; log it with mlflow"
    raise MlmodelError(f"has no {MLMODEL} file{hint}")


def _read(artifact: ArtifactFiles, sizes: Mapping[str, int | None], folder: Path) -> ArtifactContent:
    known = [size for size in sizes.values() if size is not None]
    total = sum(known) if len(known) == len(sizes) else None
    listed = len(sizes) <= _MAX_ENTRIES
    cheap = listed and total is not None and total <= DIGEST_LIMIT
    paths = sorted(sizes) if cheap else [name for name in FACT_FILES if name in sizes]

    def fetch(index: int) -> tuple[FileDigest, bytes]:
        # Numbered, so that no name of a stranger's file becomes a path here.
        return _fetch(artifact, paths[index], sizes[paths[index]], folder / str(index))

    fetched = run_parallel(fetch, range(len(paths)))
    contents = {digest.path: content for digest, content in fetched if digest.path in FACT_FILES}
    digests = tuple(digest for digest, _ in fetched)
    return read_content(contents, digests if cheap else None, size=total, paths=sizes if listed else None)


def _fetch(artifact: ArtifactFiles, path: str, size: int | None, local: Path) -> tuple[FileDigest, bytes]:
    """Return the digest of a file, and its content where that tells facts."""
    artifact.download(path, str(local))
    with local.open("rb") as stream:
        digest = digest_stream(path, stream)
    if size not in {None, digest.size}:
        raise ArtifactError(
            f"has a file {one_line(path)} of {size} bytes, of which {digest.size} came; preview again, and look at the "
            "store, and for a proxy before it"
        )
    return digest, local.read_bytes() if path in FACT_FILES else b""
