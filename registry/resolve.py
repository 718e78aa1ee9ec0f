"""Resolution of all models of a stack, in one pass over the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.artifact.facts_cache import FactsCache
from registry.artifact.reading import ArtifactError, read_artifact
from registry.client.environment import hush, registry_environment
from registry.client.failure import RegistryFailureError
from registry.client.reachability import check_reachable
from registry.client.reader import RegistryReader
from registry.client.sqlite_file import absolute_uri, check_databases
from registry.location import LocationError, UnmappedLocationError, map_location
from registry.model_version import ModelReference, ModelVersion
from registry.parallel import run_parallel
from registry.versions import FoundVersion, find_versions
from settings.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from registry.artifact.mlmodel import ModelFacts
    from settings.models import Registry

_LOGGED_MODEL_SOURCE = re.compile(r"models:/(m-[^/]+)")
_RUN_SOURCE = re.compile(r"runs:/([^/]+)/?(.*)")
_USER_TAG = "mlflow.user"


def resolve_models(
    references: Sequence[ModelReference], registry: Registry, *, cache_dir: Path | None = None
) -> tuple[ModelVersion, ...]:
    """Return the immutable version that each reference stands for, in the order of the references.

    Nothing is asked when there are no references. Reads only: no registry, database or file of MLflow is changed.

    Args:
        references: models as the stack's configuration names them.
        registry: where they are registered, and where model servers find their artifacts.
        cache_dir: folder for facts of immutable files, by default the user's cache folder.

    Raises:
        ProblemsError: everything that is wrong, of all models at once; one problem when the registry itself fails.

    """
    if not references:
        return ()
    try:
        with registry_environment(registry):
            check_reachable(registry)
            check_databases(registry)
            reader = RegistryReader(registry)
            hush()
            return _Pass(registry, reader, FactsCache(cache_dir)).resolve(references)
    except RegistryFailureError as error:
        raise ProblemsError([Problem(file=references[0].file, key=error.key, message=error.message)]) from None


@dataclass(frozen=True, kw_only=True)
class _Located:
    """A version whose artifact has an address."""

    found: FoundVersion
    model_id: str | None
    artifact_uri: str
    storage_uri: str


class _Pass:
    """One pass: versions, then runs and logged models, then artifacts; each for all models before the next."""

    def __init__(self, registry: Registry, reader: RegistryReader, cache: FactsCache) -> None:
        self._registry = registry
        self._reader = reader
        self._cache = cache
        self._runs: dict[str, Any] = {}
        self._logged_models: dict[str, Any] = {}

    def resolve(self, references: Sequence[ModelReference]) -> tuple[ModelVersion, ...]:
        found, problems = find_versions(references, self._reader)
        versions = {(item.name, item.version): item for item in found if item is not None}
        self._load_training(list(versions.values()))
        uris = dict(zip(versions, run_parallel(self._artifact_uri, versions.values()), strict=True))
        located: dict[tuple[str, str], _Located] = {}
        readable: list[tuple[ModelReference, _Located]] = []
        unmapped: dict[str, list[ModelReference]] = {}
        for reference, item in zip(references, found, strict=True):
            if item is None:
                continue
            key = (item.name, item.version)
            try:
                located[key] = self._locate(item, uris[key])
                readable.append((reference, located[key]))
            except UnmappedLocationError as error:
                unmapped.setdefault(error.prefix, []).append(reference)
            except (LocationError, ArtifactError) as error:
                problems.append(_artifact_problem(reference, item, str(error)))
        problems += [_unmapped_problem(prefix, where) for prefix, where in unmapped.items()]
        facts = dict(zip(located, run_parallel(self._facts, located.values()), strict=True))
        for reference, place in readable:
            fact = facts[(place.found.name, place.found.version)]
            if isinstance(fact, ArtifactError):
                problems.append(_artifact_problem(reference, place.found, str(fact)))
        if problems:
            raise ProblemsError(sorted(problems, key=lambda problem: _position(problem, references)))
        return tuple(
            self._model_version(reference, place, facts[(place.found.name, place.found.version)])
            for reference, place in readable
        )

    def _load_training(self, versions: Sequence[FoundVersion]) -> None:
        ids = {model_id for item in versions if (model_id := _model_id(item.record))}
        self._logged_models = self._reader.logged_models(ids)
        runs = {run_id for item in versions if (run_id := self._run_id(item.record))}
        runs |= {match[1] for item in versions if (match := _RUN_SOURCE.match(str(item.record.source)))}
        self._runs = self._reader.runs(runs)

    def _run_id(self, record: Any) -> str | None:
        logged_model = self._logged_models.get(_model_id(record) or "")
        return record.run_id or (logged_model.source_run_id if logged_model else None) or None

    def _artifact_uri(self, item: FoundVersion) -> str:
        """Return the artifact's own address; the registry may answer with one that only refers to it."""
        record = item.record
        logged_model = self._logged_models.get(_model_id(record) or "")
        if logged_model is not None and _LOGGED_MODEL_SOURCE.match(str(record.source)):
            # What the registry would answer, without one more request: it looked it up at the logged model, too.
            return str(logged_model.artifact_location)
        uri = self._reader.download_uri(item.name, item.version) or str(record.source)
        match = _RUN_SOURCE.match(uri)
        if match and match[1] in self._runs:
            return f"{self._runs[match[1]].info.artifact_uri.rstrip('/')}/{match[2]}".rstrip("/")
        return uri

    def _locate(self, item: FoundVersion, uri: str) -> _Located:
        if uri.startswith(("runs:/", "models:/")):
            raise ArtifactError(f"is given as {uri}, which no longer exists; register the version again")
        return _Located(
            found=item,
            model_id=_model_id(item.record),
            artifact_uri=uri,
            storage_uri=map_location(uri, self._registry.artifact_stores),
        )

    def _facts(self, place: _Located) -> ModelFacts | ArtifactError:
        key = self._cache_key(place)
        facts = self._cache.get(key)
        if facts is None:
            try:
                facts = read_artifact(self._reader, place.artifact_uri, self._registry)
            except ArtifactError as error:
                return error
            self._cache.put(key, facts)
        return facts

    def _cache_key(self, place: _Located) -> dict[str, str]:
        if place.model_id is not None:
            return {
                "server": absolute_uri(self._registry.effective_tracking_uri),
                "model_id": place.model_id,
                "artifact_uri": place.artifact_uri,
            }
        return {
            "server": absolute_uri(self._registry.uri),
            "registered_model": place.found.name,
            "version": place.found.version,
            "created_at": str(place.found.record.creation_timestamp),
            "artifact_uri": place.artifact_uri,
        }

    def _model_version(
        self, reference: ModelReference, place: _Located, facts: ModelFacts | ArtifactError
    ) -> ModelVersion:
        if isinstance(facts, ArtifactError):
            raise TypeError("unreadable artifacts were reported before")
        record = place.found.record
        run_id = self._run_id(record)
        run = self._runs.get(run_id or "")
        logged_model = self._logged_models.get(place.model_id or "")
        return ModelVersion(
            registered_model=place.found.name,
            version=place.found.version,
            alias=reference.alias,
            model_id=place.model_id,
            run_id=run_id,
            source=str(record.source),
            artifact_uri=place.artifact_uri,
            storage_uri=place.storage_uri,
            flavors=facts.flavors,
            signature=facts.signature,
            requirements=facts.requirements,
            python_version=facts.python_version,
            mlflow_version=facts.mlflow_version,
            metrics={**(run.data.metrics if run else {}), **_final_metrics(logged_model)},
            params={**(run.data.params if run else {}), **(dict(logged_model.params or {}) if logged_model else {})},
            tags=dict(record.tags or {}),
            created_at=int(record.creation_timestamp),
            created_by=_user(record, run, logged_model),
            digest=facts.digest,
        )


def _model_id(record: Any) -> str | None:
    match = _LOGGED_MODEL_SOURCE.match(str(record.source))
    return match[1] if match else getattr(record, "model_id", None) or None


def _final_metrics(logged_model: Any) -> dict[str, float]:
    """Return each metric's last value, by the rule that MLflow uses for runs: highest step, then time, then value."""
    final: dict[str, Any] = {}
    for metric in (logged_model.metrics if logged_model else None) or []:
        rank = (metric.step or 0, metric.timestamp or 0, metric.value)
        if metric.key not in final or rank > final[metric.key]:
            final[metric.key] = rank
    return {name: float(rank[2]) for name, rank in final.items()}


def _user(record: Any, run: Any, logged_model: Any) -> str | None:
    tags = (run.data.tags if run else None) or {}
    model_tags = (logged_model.tags if logged_model else None) or {}
    return record.user_id or tags.get(_USER_TAG) or (run.info.user_id if run else None) or model_tags.get(_USER_TAG)


def _artifact_problem(reference: ModelReference, item: FoundVersion, reason: str) -> Problem:
    field = "version" if reference.version else "alias"
    message = f"the artifact of version {item.version} of '{item.name}' {reason}"
    return Problem(file=reference.file, key=f"{reference.key}.{field}", message=message)


def _unmapped_problem(prefix: str, references: Sequence[ModelReference]) -> Problem:
    """Return one problem per missing entry, not one per model: the fix is one line."""
    names = list(dict.fromkeys(reference.registered_model for reference in references))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - see 3
    return Problem(
        file=references[0].file,
        key="registry.artifactStores",
        message=f"has no entry for {prefix}, where the artifacts of {shown} lie and which model servers cannot read; "
        f'add the object store behind it: "{prefix}": "s3://<bucket>/<path>/"',
    )


def _position(problem: Problem, references: Sequence[ModelReference]) -> int:
    keys = [reference.key for reference in references]
    return next((index for index, key in enumerate(keys) if problem.key.startswith(f"{key}.")), -1)
