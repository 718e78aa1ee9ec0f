"""Reading an artifact through MLflow: the facts in its files, and its digest where that is cheap."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from registry.artifact.mlmodel import FACT_FILES, MLMODEL, MlmodelError, ModelFacts, read_facts
from registry.client.failure import one_line, registry_failure
from registry.client.reachability import tracking_key
from registry.digest import artifact_digest, digest_stream
from registry.location import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow.store.artifact.artifact_repo import ArtifactRepository

    from registry.client.reader import RegistryReader
    from settings.models import Registry

# A preview may read as much as a developer's connection brings in seconds; most scikit-learn and boosting models are
# far below, deep networks far above. A lock computes the digest whatever the size.
DIGEST_LIMIT = 64 * 1024 * 1024
# Each file and each directory is one round trip.
_MAX_ENTRIES = 200


class ArtifactError(Exception):
    """The artifact of one version cannot be used; the text continues "the artifact of version 3 ..."."""


def read_artifact(reader: RegistryReader, location: str, registry: Registry) -> ModelFacts:
    """Return the facts of an artifact.

    Args:
        reader: the registry.
        location: download URI of the artifact.
        registry: settings, for the errors.

    Raises:
        ArtifactError: no such artifact, no MLmodel or an unreadable one, or no way to read the location from here.
        RegistryFailureError: the server broke off.

    """
    shown = without_credentials(location)
    try:
        repository = reader.artifacts(location)
        sizes = _list_files(repository)
        _require_mlmodel(sizes)
        total = sum(size for size in sizes.values() if size is not None)
        cheap = len(sizes) <= _MAX_ENTRIES and None not in sizes.values() and total <= DIGEST_LIMIT
        with tempfile.TemporaryDirectory(prefix="mlplatform-") as folder:
            return _read(repository, sizes, cheap=cheap, folder=Path(folder))
    except MlmodelError as error:
        raise ArtifactError(f"at {shown} {error}") from None
    except ImportError as error:
        package = error.name or str(error)
        raise ArtifactError(
            f"lies at {shown}, which needs the Python package {package}; install it, or let the MLflow server hand out "
            "the artifacts (--serve-artifacts)"
        ) from None
    except OSError as error:
        # requests' exceptions are OSErrors too: the artifact proxy answered with an error, or not at all.
        raise _artifact_error(error, shown, registry) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"mlflow", "botocore", "google", "azure"}:
            raise
        raise _artifact_error(error, shown, registry) from None


def _artifact_error(error: Exception, shown: str, registry: Registry) -> Exception:
    text = str(error)
    if "tracking URI must be a valid http or https URI" in text:
        return ArtifactError(
            f"lies at {shown}, which only its MLflow server can read; set registry.trackingUri to that server"
        )
    if "failed with timeout exception" in text or "API request to" in text:
        return registry_failure(error, tracking_key(registry), registry.effective_tracking_uri, registry)
    return ArtifactError(
        f"at {shown} cannot be read ({type(error).__name__}: {one_line(text, 120)}); give this machine read access, "
        "or let the MLflow server hand out the artifacts (--serve-artifacts)"
    )


def _require_mlmodel(sizes: dict[str, int | None]) -> None:
    if MLMODEL in sizes:
        return
    if not sizes:
        raise MlmodelError("is not there or empty; log the model again, or correct the version's source")
    inner = sorted(path for path in sizes if path.endswith(f"/{MLMODEL}"))
    hint = f"; the version's source should end in {inner[0].rpartition('/')[0]}" if inner else "; log it with mlflow"
    raise MlmodelError(f"has no {MLMODEL} file{hint}")


def _list_files(repository: ArtifactRepository) -> dict[str, int | None]:
    """Return path -> size in bytes, ``None`` where the store does not tell it; stops after too many entries."""
    sizes: dict[str, int | None] = {}
    folders: list[str | None] = [None]
    asked = 0
    while folders and asked <= _MAX_ENTRIES and len(sizes) <= _MAX_ENTRIES:
        folder = folders.pop(0)
        asked += 1
        for entry in repository.list_artifacts(folder):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                sizes[entry.path] = None if entry.file_size is None else int(entry.file_size)
    if folders:
        # Not all seen: no digest of a part.
        sizes[folders[0] or ""] = None
    return sizes


def _read(repository: ArtifactRepository, sizes: dict[str, int | None], *, cheap: bool, folder: Path) -> ModelFacts:
    # What every artifact store has to implement. The public download_artifacts lists the folder again for every file.
    download: Callable[[str, str], None] = repository._download_file  # noqa: SLF001
    wanted = sorted(sizes) if cheap else [name for name in FACT_FILES if name in sizes]
    files, digests = {}, []
    for index, path in enumerate(wanted):
        # Numbered, so that no name of a stranger's file becomes a path here.
        local = folder / str(index)
        download(path, str(local))
        with local.open("rb") as stream:
            digests.append(digest_stream(path, stream))
        if path in FACT_FILES:
            files[path] = local.read_bytes()
    return read_facts(files, artifact_digest(digests) if cheap else None)
