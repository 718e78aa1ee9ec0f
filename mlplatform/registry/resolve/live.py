"""Live resolution of all models of a stack, in one pass over the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.artifact.errors import ArtifactError
from mlplatform.registry.artifact.facts_cache import FactsCache
from mlplatform.registry.artifact.reading import read_artifact, require_own_files
from mlplatform.registry.client.failure import RegistryFailureError
from mlplatform.registry.client.session import registry_session
from mlplatform.registry.facts.views import joined
from mlplatform.registry.location import LocationError, UnmappedLocationError, map_location
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.records import completed_by_files, read_registered
from mlplatform.registry.resolve.references import artifact_problem, file_of, in_order, version_problem
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.artifact.content import ArtifactContent
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.facts import ModelFacts
    from mlplatform.registry.resolve.records import Registered
    from mlplatform.registry.resolve.references import ModelReference
    from mlplatform.registry.resolve.registered_version import RegisteredVersion


def resolve_models(
    references: Mapping[str, ModelReference], registry: RegistrySection, *, cache_dir: Path | None = None
) -> dict[str, ModelFacts]:
    """Return deployment -> the immutable version that its reference stands for.

    Nothing is asked when there are no references. Reads only: no registry, database or file of MLflow is changed.

    Args:
        references: deployment -> its model, as the stack's configuration names it.
        registry: where they are registered, and where model servers find their artifacts.
        cache_dir: folder for facts of immutable files, by default the user's cache folder.

    Raises:
        ProblemsError: everything that is wrong, of all models at once; one problem when the registry itself fails.

    """
    if not references:
        return {}
    try:
        with registry_session(registry) as reader:
            return _resolve(references, registry, reader, FactsCache(cache_dir))
    except RegistryFailureError as error:
        raise ProblemsError([error.problem(file_of(references))]) from None


def _resolve(
    references: Mapping[str, ModelReference], registry: RegistrySection, reader: RegistryReader, cache: FactsCache
) -> dict[str, ModelFacts]:
    lookup = find_versions(references, reader)
    readable, problems = _readable(read_registered(lookup, reader), references, registry)

    def read(item: RegisteredVersion) -> ArtifactContent | ArtifactError:
        return _facts(item, registry, reader, cache)

    distinct = {(item.registered_model, item.version): item for item, _ in readable.values()}
    facts = dict(zip(distinct, run_parallel(read, distinct.values()), strict=True))
    in_files = {
        key: content.logged_ids
        for key, content in facts.items()
        if not isinstance(content, ArtifactError) and not distinct[key].is_of_something
    }
    distinct |= completed_by_files(lookup, in_files, reader)
    versions = {}
    for name, (found, storage_uri) in readable.items():
        key = (found.registered_model, found.version)
        item, fact = distinct[key], facts[key]
        if isinstance(fact, ArtifactError):
            problems.append(artifact_problem(references[name], item.version, str(fact)))
        elif fault := item.unfinished_fault:
            problems.append(version_problem(references[name], fault))
        else:
            versions[name] = joined(
                item, fact, digest=fact.digest, alias=references[name].alias, storage_uri=storage_uri
            )
    if problems:
        raise ProblemsError(in_order(problems, references))
    return versions


def _readable(
    registered: Registered[str], references: Mapping[str, ModelReference], registry: RegistrySection
) -> tuple[dict[str, tuple[RegisteredVersion, str]], list[Problem]]:
    """Return deployment -> version and where model servers read it, of those that can be read, and all problems."""
    problems = list(registered.problems)
    readable: dict[str, tuple[RegisteredVersion, str]] = {}
    unmapped: dict[str, list[ModelReference]] = {}
    for name, reference in references.items():
        item = registered.versions[name]
        if item is None:
            continue
        if fault := item.unfinished_fault:
            problems.append(version_problem(reference, fault))
            continue
        if fault := item.address_fault:
            problems.append(artifact_problem(reference, item.version, fault))
            continue
        try:
            readable[name] = (item, map_location(item.artifact_uri, registry.artifact_stores))
        except UnmappedLocationError as error:
            unmapped.setdefault(error.prefix, []).append(reference)
        except LocationError as error:
            problems.append(artifact_problem(reference, item.version, str(error)))
    return readable, problems + [_unmapped_problem(prefix, where) for prefix, where in unmapped.items()]


def _facts(
    item: RegisteredVersion, registry: RegistrySection, reader: RegistryReader, cache: FactsCache
) -> ArtifactContent | ArtifactError:
    key = item.artifact_key(registry)
    facts = cache.get(key)
    if facts is None:
        try:
            facts = read_artifact(reader, item.artifact_uri, registry)
            require_own_files(facts, item.model_id, reader.tracking)
        except ArtifactError as error:
            return error
        cache.put(key, facts)
    return facts


def _unmapped_problem(prefix: str, references: Sequence[ModelReference]) -> Problem:
    """Return one problem per missing entry, not one per model: the fix is one line."""
    names = list(dict.fromkeys(reference.registered_model for reference in references))
    few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - see 3
    return Problem(
        file=references[0].file,
        key="registry.artifactStores",
        message=f"has no entry for {prefix}, where the artifacts of {few} lie and which model servers cannot read; "
        f'add the object store behind it: "{prefix}": "s3://<bucket>/<path>/"',
    )
