"""What is to be locked: each artifact once, whatever the number of deployments, and known to be a readable model."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlplatform.config.problems import Problem
from mlplatform.registry.artifact.errors import ArtifactError, artifact_errors
from mlplatform.registry.artifact.reading import downloader, list_files, require_mlmodel
from mlplatform.registry.location import LocationError, map_location, without_credentials
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.records import read_registered
from mlplatform.registry.resolve.references import artifact_problem
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlplatform.config.models import RegistrySection, ReleaseStoreSection
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.resolve.records import RegisteredVersion
    from mlplatform.registry.resolve.references import ModelReference


@dataclass(frozen=True, kw_only=True)
class LockableArtifact:
    """One artifact.

    Attributes:
        registered: a version whose artifact it is.
        deployments: deployment -> (the version it is locked to, the alias that led there).
        sizes: path -> size of the artifact's files, ``None`` where the registry's store does not tell it.
        fetch: brings one file to a local path.

    """

    registered: RegisteredVersion
    deployments: Mapping[str, tuple[RegisteredVersion, str | None]]
    sizes: Mapping[str, int | None]
    fetch: Callable[[str, str], None]


def find_artifacts(
    references: Mapping[str, ModelReference],
    reader: RegistryReader,
    registry: RegistrySection,
    store: ReleaseStoreSection,
) -> tuple[list[LockableArtifact], list[Problem]]:
    """Return the artifacts of references and the problems of those that cannot be locked; nothing is downloaded.

    Args:
        references: deployment -> what it serves.
        reader: the registry.
        registry: settings, for the errors and the identity of artifacts.
        store: settings of the release store, which no artifact may lie in.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    registered = read_registered(find_versions(references, reader), reader)
    problems = list(registered.problems)
    groups: dict[str, dict[str, tuple[RegisteredVersion, str | None]]] = {}
    for name, reference in references.items():
        version = registered.versions[name]
        if version is None:
            continue
        if fault := version.lost_fault:
            key = f"{reference.key}.{'version' if reference.version else 'alias'}"
            message = f"{fault}; restore it in the registry, or register the model again with what it was logged with"
            problems.append(Problem(file=reference.file, key=key, message=message))
            continue
        if fault := version.address_fault or _release_store_fault(version, registry, store):
            problems.append(artifact_problem(reference, version.version, fault))
            continue
        key = json.dumps(version.artifact_key(registry), sort_keys=True)
        groups.setdefault(key, {})[name] = (version, reference.alias)

    def look(deployments: Mapping[str, tuple[RegisteredVersion, str | None]]) -> LockableArtifact | ArtifactError:
        version = next(iter(deployments.values()))[0]
        try:
            with artifact_errors(version.artifact_uri, registry):
                repository = reader.artifacts(version.artifact_uri)
                sizes = list_files(repository)
                require_mlmodel(sizes)
        except ArtifactError as error:
            return error
        return LockableArtifact(registered=version, deployments=deployments, sizes=sizes, fetch=downloader(repository))

    artifacts = []
    for deployments, looked in zip(groups.values(), run_parallel(look, groups.values()), strict=True):
        if isinstance(looked, LockableArtifact):
            artifacts.append(looked)
            continue
        problems += [
            artifact_problem(references[name], version.version, str(looked))
            for name, (version, _) in deployments.items()
        ]
    return artifacts, problems


def _release_store_fault(
    version: RegisteredVersion, registry: RegistrySection, store: ReleaseStoreSection
) -> str | None:
    """Return what is wrong with an artifact in the release store's bucket; continues "the artifact ..."."""
    addresses = [version.artifact_uri]
    with contextlib.suppress(LocationError):
        addresses.append(map_location(version.artifact_uri, registry.artifact_stores))
    bucket = urlsplit(store.uri).netloc
    inside = next(
        (address for address in addresses if address.startswith("s3") and urlsplit(address).netloc == bucket), None
    )
    if inside is None:
        return None
    return (
        f"lies at {without_credentials(inside)}, in the bucket of releaseStore.uri, where MLflow must not be able to "
        "write; log it again to a bucket of MLflow's own, or release to another bucket"
    )
