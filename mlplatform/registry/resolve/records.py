"""What the registry's own records say of versions: one pass over versions, logged models and runs, no file read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlplatform.registry.client.sqlite_file import absolute_uri
from mlplatform.registry.location import address_fault, without_credentials
from mlplatform.registry.model_version import ModelVersion
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlplatform.config.models import Registry
    from mlplatform.config.problems import Problem
    from mlplatform.registry.artifact.mlmodel import ModelFacts
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.model_version import ModelReference
    from mlplatform.registry.resolve.versions import Findings, FoundVersion

_LOGGED_MODEL_SOURCE = re.compile(r"models:/(m-[^/]+)")
_RUN_SOURCE = re.compile(r"runs:/([^/]+)/?(.*)")
_USER_TAG = "mlflow.user"


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """A version as the registry records it; see :class:`mlplatform.registry.model_version.ModelVersion` for the fields.

    Attributes:
        lost: what the version refers to and the registry no longer has (``run 7a...``).

    """

    registered_model: str
    version: str
    model_id: str | None
    run_id: str | None
    experiment_id: str | None
    source: str
    artifact_uri: str
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    tags: Mapping[str, str]
    created_at: int
    created_by: str | None
    lost: tuple[str, ...] = ()

    @property
    def lost_fault(self) -> str | None:
        """What is wrong where the registry no longer has what the version refers to, a sentence."""
        if not self.lost:
            return None
        return (
            f"version {self.version} of '{self.registered_model}' has lost its {' and its '.join(self.lost)} in the "
            "registry, so its facts cannot be verified"
        )

    @property
    def address_fault(self) -> str | None:
        """What is wrong with the artifact's address where the registry knows none; continues "the artifact ..."."""
        if self.artifact_uri.startswith(("runs:/", "models:/")):
            return f"is given as {self.artifact_uri}, which no longer exists; register the version again"
        if without_credentials(self.source) != self.source:
            return f"has the source '{without_credentials(self.source)}' with credentials; register it without them"
        return address_fault(self.artifact_uri)

    def artifact_key(self, registry: Registry) -> dict[str, str]:
        """Return what names the artifact's bytes, for caches."""
        if self.model_id is not None:
            return {
                "server": absolute_uri(registry.effective_tracking_uri),
                "model_id": self.model_id,
                "artifact_uri": self.artifact_uri,
            }
        return {
            "server": absolute_uri(registry.uri),
            "registered_model": self.registered_model,
            "version": self.version,
            "created_at": str(self.created_at),
            "artifact_uri": self.artifact_uri,
        }

    def with_facts(self, facts: ModelFacts, *, alias: str | None, storage_uri: str) -> ModelVersion:
        """Return the version with the facts that lie in its files, as it is served from ``storage_uri``."""
        return ModelVersion(
            registered_model=self.registered_model,
            version=self.version,
            alias=alias,
            model_id=self.model_id,
            run_id=self.run_id,
            experiment_id=self.experiment_id,
            source=self.source,
            artifact_uri=self.artifact_uri,
            storage_uri=storage_uri,
            flavors=facts.flavors,
            signature=facts.signature,
            requirements=facts.requirements,
            python_version=facts.python_version,
            mlflow_version=facts.mlflow_version,
            metrics=self.metrics,
            params=self.params,
            tags=self.tags,
            created_at=self.created_at,
            created_by=self.created_by,
            digest=facts.digest,
            size=facts.size,
        )


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What the registry records of references; see :class:`mlplatform.registry.resolve.versions.Findings`."""

    versions: tuple[RegisteredVersion | None, ...]
    problems: tuple[Problem, ...]
    aliases: Mapping[str, Mapping[str, str]]


def find_registered(references: Sequence[ModelReference], reader: RegistryReader) -> Registered:
    """Return what the registry records of each reference; each version is looked up once.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    return read_registered(find_versions(references, reader), reader)


def read_registered(found: Findings, reader: RegistryReader) -> Registered:
    """Return versions that were found, with what the registry records of their runs and logged models.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    versions = {(item.name, item.version): item for item in found.versions if item is not None}
    read = dict(zip(versions, _Records(reader, list(versions.values())).read(), strict=True))
    return Registered(
        versions=tuple(None if item is None else read[item.name, item.version] for item in found.versions),
        problems=found.problems,
        aliases=found.aliases,
    )


def told_by_record(item: FoundVersion) -> dict[str, Any]:
    """Return those fields of :class:`RegisteredVersion` that a version's own record tells, by name.

    No run and no logged model is needed for them, so they are known even where the registry fails at those.
    """
    record = item.record
    told = {"source": str(record.source), "model_id": _model_id(record), "created_at": int(record.creation_timestamp)}
    told |= {"run_id": str(record.run_id)} if record.run_id else {}
    return told | ({"created_by": str(record.user_id)} if record.user_id else {})


class _Records:
    """Logged models and runs of versions; each for all versions before the next."""

    def __init__(self, reader: RegistryReader, versions: Sequence[FoundVersion]) -> None:
        self._reader = reader
        self._versions = versions
        ids = {model_id for item in versions if (model_id := _model_id(item.record))}
        self._logged_models = reader.logged_models(ids)
        runs = {run_id for item in versions if (run_id := self._run_id(item.record))}
        runs |= {match[1] for item in versions if (match := _RUN_SOURCE.match(str(item.record.source)))}
        self._runs = reader.runs(runs)

    def read(self) -> list[RegisteredVersion]:
        uris = run_parallel(self._artifact_uri, self._versions)
        return [self._registered(item, uri) for item, uri in zip(self._versions, uris, strict=True)]

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

    def _registered(self, item: FoundVersion, uri: str) -> RegisteredVersion:
        record = item.record
        model_id, run_id = _model_id(record), self._run_id(record)
        run, logged_model = self._runs.get(run_id or ""), self._logged_models.get(model_id or "")
        lost = [f"run {run_id}"] if run_id and run is None else []
        lost += [f"logged model {model_id}"] if model_id and logged_model is None else []
        return RegisteredVersion(
            registered_model=item.name,
            version=item.version,
            model_id=model_id,
            run_id=run_id,
            experiment_id=_experiment_id(run, logged_model),
            source=str(record.source),
            artifact_uri=uri,
            metrics={**(run.data.metrics if run else {}), **_final_metrics(logged_model)},
            params={**(run.data.params if run else {}), **(dict(logged_model.params or {}) if logged_model else {})},
            tags=dict(record.tags or {}),
            created_at=int(record.creation_timestamp),
            created_by=_user(record, run, logged_model),
            lost=tuple(lost),
        )


def _model_id(record: Any) -> str | None:
    match = _LOGGED_MODEL_SOURCE.match(str(record.source))
    return match[1] if match else getattr(record, "model_id", None) or None


def _experiment_id(run: Any, logged_model: Any) -> str | None:
    found = run.info.experiment_id if run else logged_model.experiment_id if logged_model else None
    return None if found is None else str(found)


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
    known = (record.user_id, tags.get(_USER_TAG), run.info.user_id if run else None, model_tags.get(_USER_TAG))
    return next((str(user) for user in known if user), None)
