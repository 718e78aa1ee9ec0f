"""What is to be locked: each artifact once, whatever the number of deployments, and known to be a readable model."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlplatform.registry.artifact.errors import ArtifactError, artifact_errors
from mlplatform.registry.artifact.reading import ids_in_files, list_files, require_mlmodel, require_own_files
from mlplatform.registry.client.reader import RegistryReader
from mlplatform.registry.location import LocationError, map_location, without_credentials
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.records import completed_by_files, read_registered
from mlplatform.registry.resolve.references import artifact_problem, version_problem
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlplatform.config.models import RegistrySection, ReleaseStoreSection
    from mlplatform.config.problems import Problem
    from mlplatform.registry.artifact.content import ArtifactContent
    from mlplatform.registry.facts.records import LoggedIds
    from mlplatform.registry.resolve.references import ModelReference
    from mlplatform.registry.resolve.registered_version import RegisteredVersion
    from mlplatform.registry.resolve.versions import VersionLookup

    # Deployment -> (the version it is locked to, the alias that led there).
    Deployments = Mapping[str, tuple[RegisteredVersion, str | None]]


@dataclass(frozen=True, kw_only=True)
class LockableArtifact:
    """One artifact.

    Attributes:
        registered: a version whose artifact it is.
        deployments: deployment -> (the version it is locked to, the alias that led there).
        sizes: path -> size of the artifact's files, ``None`` where the registry's store does not tell it.
        fetch: brings one file to a local path.
        require_own: checks that the files are not those of another logged model; raises :class:`ArtifactError`.
        ids_in_files: which logged model and run its files say that it is of, where the registry does not say it.

    """

    registered: RegisteredVersion
    deployments: Mapping[str, tuple[RegisteredVersion, str | None]]
    sizes: Mapping[str, int | None]
    fetch: Callable[[str, str], None]
    require_own: Callable[[ArtifactContent], None]
    ids_in_files: LoggedIds | None = None

    def completed(self, versions: Mapping[tuple[str, str], RegisteredVersion]) -> LockableArtifact:
        """Return it with those of its versions that were read anew, by registered model and version."""

        def newer(version: RegisteredVersion) -> RegisteredVersion:
            return versions.get((version.registered_model, version.version), version)

        deployments = {name: (newer(version), alias) for name, (version, alias) in self.deployments.items()}
        return replace(self, registered=newer(self.registered), deployments=deployments)


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
    lookup = find_versions(references, reader)
    registered = read_registered(lookup, reader)
    problems = list(registered.problems)
    groups: dict[str, dict[str, tuple[RegisteredVersion, str | None]]] = {}
    for name, reference in references.items():
        version = registered.versions[name]
        if version is None:
            continue
        if fault := version.lost_fault:
            message = f"{fault}; restore it in the registry, or register the model again with what it was logged with"
            problems.append(version_problem(reference, message))
            continue
        if fault := version.unfinished_fault:
            problems.append(version_problem(reference, fault))
            continue
        if fault := version.address_fault or _release_store_fault(version, registry, store):
            problems.append(artifact_problem(reference, version.version, fault))
            continue
        key = json.dumps(version.artifact_key(registry), sort_keys=True)
        groups.setdefault(key, {})[name] = (version, reference.alias)

    def look(deployments: Deployments) -> LockableArtifact | ArtifactError:
        return _look(deployments, reader, registry)

    artifacts = []
    for deployments, looked in zip(groups.values(), run_parallel(look, groups.values()), strict=True):
        if isinstance(looked, LockableArtifact):
            artifacts.append(looked)
            continue
        problems += [
            artifact_problem(references[name], version.version, str(looked))
            for name, (version, _) in deployments.items()
        ]
    artifacts = _completed(artifacts, lookup, reader)
    problems += [
        version_problem(references[name], fault)
        for artifact in artifacts
        for name, (version, _) in artifact.deployments.items()
        if (fault := version.unfinished_fault)
    ]
    return artifacts, problems


def _look(
    deployments: Deployments, reader: RegistryReader, registry: RegistrySection
) -> LockableArtifact | ArtifactError:
    """Return the artifact of versions, which all have the same, or why it cannot be locked."""
    version = next(iter(deployments.values()))[0]
    try:
        with artifact_errors(version.artifact_uri, registry):
            files = reader.artifacts(version.artifact_uri)
            sizes = list_files(files)
            require_mlmodel(sizes)
            ids = None if version.is_of_something else ids_in_files(files, sizes)
    except ArtifactError as error:
        return error

    def require_own(content: ArtifactContent) -> None:
        # With a time of its own: a download may take longer than everything that was asked before it.
        require_own_files(content, version.model_id, RegistryReader(registry).tracking)

    return LockableArtifact(
        registered=version,
        deployments=deployments,
        sizes=sizes,
        fetch=files.fetch,
        require_own=require_own,
        ids_in_files=ids,
    )


def _completed(
    artifacts: Sequence[LockableArtifact], lookup: VersionLookup[str], reader: RegistryReader
) -> list[LockableArtifact]:
    """Return artifacts with what the registry says of versions of which only the files tell what they are of."""
    in_files = {
        (version.registered_model, version.version): artifact.ids_in_files
        for artifact in artifacts
        if artifact.ids_in_files is not None
        for version, _ in artifact.deployments.values()
    }
    completed = completed_by_files(lookup, in_files, reader)
    return [artifact.completed(completed) for artifact in artifacts]


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
