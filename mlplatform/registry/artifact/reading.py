"""Reading an artifact through MLflow: the facts in its files, and its digest where that is cheap."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.registry.artifact.content import ArtifactContent, read_content
from mlplatform.registry.artifact.errors import ArtifactError, artifact_errors
from mlplatform.registry.client.failure import one_line
from mlplatform.registry.digest import digest_stream
from mlplatform.registry.facts.mlmodel import FACT_FILES, MLMODEL, MlmodelError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mlflow.store.artifact.artifact_repo import ArtifactRepository

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.client.reader import RegistryReader

# A preview may read as much as a developer's connection brings in seconds; most scikit-learn and boosting models are
# far below, deep networks far above. A lock computes the digest whatever the size.
DIGEST_LIMIT = 64 * 1024 * 1024
# Each file and each directory is one round trip.
_MAX_ENTRIES = 200
# No object store takes longer keys; a folder that holds itself, by a link, has no end otherwise.
_MAX_PATH = 1024


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
        repository = reader.artifacts(location)
        sizes = list_files(repository, limit=_MAX_ENTRIES)
        require_mlmodel(sizes)
        with tempfile.TemporaryDirectory(prefix="mlplatform-") as folder:
            return _read(repository, sizes, Path(folder))


def list_files(repository: ArtifactRepository, *, limit: int | None = None) -> dict[str, int | None]:
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
                sizes[entry.path] = None if entry.file_size is None else int(entry.file_size)
    if folders:
        # Not all seen: no digest of a part.
        sizes[folders[0] or ""] = None
    return sizes


def _check_entry(path: str, folder: str, seen: Collection[str]) -> None:
    """Check that an entry lies directly in the folder that was asked for, and was not there before.

    MLflow's clients of object stores make paths of keys: of ``sub//a``, the folder ``sub`` in the folder ``sub``, and
    of ``./a`` one that is empty. Followed, the first would never end, and the second would lose a file.
    """
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


def downloader(repository: ArtifactRepository) -> Callable[[str, str], None]:
    """Return what brings one file of an artifact (its path) to a local path."""
    # What every artifact store has to implement. The public download_artifacts lists the folder again for every file.
    download: Callable[[str, str], None] = repository._download_file  # noqa: SLF001
    return download


def _read(repository: ArtifactRepository, sizes: Mapping[str, int | None], folder: Path) -> ArtifactContent:
    known = [size for size in sizes.values() if size is not None]
    total = sum(known) if len(known) == len(sizes) else None
    cheap = len(sizes) <= _MAX_ENTRIES and total is not None and total <= DIGEST_LIMIT
    download = downloader(repository)
    paths = sorted(sizes) if cheap else [name for name in FACT_FILES if name in sizes]
    contents, digests = {}, []
    for index, path in enumerate(paths):
        # Numbered, so that no name of a stranger's file becomes a path here.
        local = folder / str(index)
        download(path, str(local))
        with local.open("rb") as stream:
            digests.append(digest_stream(path, stream))
        if path in FACT_FILES:
            contents[path] = local.read_bytes()
    return read_content(contents, tuple(digests) if cheap else None, size=total)
