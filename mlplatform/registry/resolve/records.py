"""What the registry's own records say of versions: one pass over versions, logged models and runs, no file read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from mlplatform.registry.facts.records import (
    LoggedIds,
    MetricsOfOthers,
    RegistryRecords,
    ids_in_address,
    is_logged_model_source,
    model_id_of,
    recorded_model_id,
    run_id_of,
    run_metric_names,
    run_source,
)
from mlplatform.registry.facts.views import read_from_registry
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.registered_version import RegisteredVersion
from mlplatform.registry.resolve.versions import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlplatform.config.problems import Problem
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.client.tracking import TrackingReader
    from mlplatform.registry.resolve.versions import VersionLookup, VersionRecord

_NOTHING = LoggedIds()


@dataclass(frozen=True, kw_only=True)
class Registered(Generic[Key]):
    """What the registry records of references; see :class:`mlplatform.registry.resolve.versions.VersionLookup`."""

    versions: Mapping[Key, RegisteredVersion | None]
    problems: tuple[Problem, ...]
    aliases: Mapping[str, Mapping[str, str]]


def read_registered(
    lookup: VersionLookup[Key],
    reader: RegistryReader,
    *,
    in_files: Mapping[tuple[str, str], LoggedIds] | None = None,
) -> Registered[Key]:
    """Return versions that were found, with what the registry records of their runs and logged models.

    Args:
        lookup: the versions.
        reader: the registry.
        in_files: registered model and version -> what its files say that they are of, where that is known; it counts
            where the registry's own record of the version does not say it.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    versions = {(item.name, item.version): item for item in lookup.versions.values() if item is not None}
    read = dict(zip(versions, _Records(reader, list(versions.values()), in_files or {}).read(), strict=True))
    return Registered(
        versions={
            key: None if item is None else read[item.name, item.version] for key, item in lookup.versions.items()
        },
        problems=lookup.problems,
        aliases=lookup.aliases,
    )


def completed_by_files(
    lookup: VersionLookup[Any], in_files: Mapping[tuple[str, str], LoggedIds], reader: RegistryReader
) -> dict[tuple[str, str], RegisteredVersion]:
    """Return the versions of which only their files say what they are of, read anew, by registered model and version.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    versions = {
        key: item
        for item in lookup.versions.values()
        if item is not None and in_files.get(key := (item.name, item.version), _NOTHING) != _NOTHING
    }
    if not versions:
        return {}
    read = read_registered(replace(lookup, versions=versions), reader, in_files=in_files)
    return {key: item for key, item in read.versions.items() if item is not None}


def version_record(version: VersionRecord) -> RegistryRecords:
    """Return the records of a version without its run and its logged model."""
    return RegistryRecords(name=version.name, version=version.version, record=version.record)


class _Records:
    """Logged models and runs of versions; each for all versions before the next."""

    def __init__(
        self,
        reader: RegistryReader,
        versions: Sequence[VersionRecord],
        in_files: Mapping[tuple[str, str], LoggedIds],
    ) -> None:
        self._reader = reader
        self._versions = versions
        self._in_files = in_files
        self._logged_models = reader.tracking.logged_models(filter(None, map(self._possible_model_id, versions)))
        sources = {source[0] for item in versions if (source := run_source(str(item.record.source)))}
        self._runs = reader.tracking.runs({*filter(None, map(self._possible_run_id, versions)), *sources})
        self._metrics_of_others = _metrics_of_others(map(self._found, versions), reader.tracking)

    def read(self) -> list[RegisteredVersion]:
        uris = run_parallel(self._artifact_uri, self._versions)
        return [self._registered(item, uri) for item, uri in zip(self._versions, uris, strict=True)]

    def _possible_model_id(self, item: VersionRecord) -> str | None:
        """Return the id of the logged model, by the record, else by the address of the files, else by the files."""
        return recorded_model_id(item.record) or self._ids_besides(item).model_id

    def _ids_besides(self, item: VersionRecord) -> LoggedIds:
        """Return what a version is of, told by something else than its record."""
        in_address = ids_in_address(str(item.record.source))
        return self._in_files.get((item.name, item.version), _NOTHING) if in_address == _NOTHING else in_address

    def _logged_model(self, item: VersionRecord) -> Any:
        """Return the logged model; one that the record does not name counts where it does not contradict the record."""
        logged_model = self._logged_models.get(self._possible_model_id(item) or "")
        if logged_model is None or recorded_model_id(item.record):
            return logged_model
        runs = {str(run) for run in (item.record.run_id, logged_model.source_run_id) if run}
        return logged_model if len(runs) <= 1 else None

    def _possible_run_id(self, item: VersionRecord) -> str | None:
        records = replace(version_record(item), logged_model=self._logged_model(item))
        return run_id_of(records) or self._ids_besides(item).run_id

    def _found(self, item: VersionRecord) -> RegistryRecords:
        """Return the records of a version, as far as the registry still has them."""
        run = self._runs.get(self._possible_run_id(item) or "")
        return replace(version_record(item), run=run, logged_model=self._logged_model(item))

    def _artifact_uri(self, item: VersionRecord) -> str:
        """Return the artifact's own address; the registry may answer with one that only refers to it."""
        source = str(item.record.source)
        logged_model = self._logged_model(item)
        if logged_model is not None and is_logged_model_source(source):
            # What the registry would answer, without one more request: it looked it up at the logged model, too.
            return str(logged_model.artifact_location)
        uri = self._reader.download_uri(item.record)
        match = run_source(uri)
        if match and match[0] in self._runs:
            return f"{self._runs[match[0]].info.artifact_uri.rstrip('/')}/{match[1]}".rstrip("/")
        return uri

    def _registered(self, item: VersionRecord, uri: str) -> RegisteredVersion:
        records = replace(
            self._found(item),
            artifact_uri=uri,
            metrics_of_others=self._metrics_of_others.get((item.name, item.version), {}),
        )
        model_id, run_id = model_id_of(records), run_id_of(records)
        lost = [f"run {run_id}"] if run_id and records.run is None else []
        lost += [f"logged model {model_id}"] if model_id and records.logged_model is None else []
        status = None if records.logged_model is None else str(records.logged_model.status)
        return RegisteredVersion(**read_from_registry(records), lost=tuple(lost), logged_model_status=status)


def _metrics_of_others(
    versions: Iterable[RegistryRecords], tracking: TrackingReader
) -> dict[tuple[str, str], dict[str, MetricsOfOthers]]:
    """Return registered model and version -> the metrics that its run logged for other models, by name.

    A run's own record does not tell for which model it logged a metric; the logged models do, of their own metrics.
    They are asked for only where a run has metrics that the version's own logged model has not.
    """
    doubtful = {(item.name, item.version): item for item in versions if run_metric_names(item)}
    runs = {str(item.run.info.run_id): item.run for item in doubtful.values()}
    models = tracking.logged_models_of_runs(runs)
    linked: dict[tuple[tuple[str, str], str], list[Any]] = {}
    for key, item in doubtful.items():
        run_id, names = str(item.run.info.run_id), set(run_metric_names(item))
        for model in models.get(run_id, []):
            for metric in (model.metrics or []) if str(model.model_id) != model_id_of(item) else []:
                if metric.key in names and metric.run_id in {None, run_id}:
                    linked.setdefault((key, metric.key), []).append(metric)
    asked = sorted({(str(doubtful[key].run.info.run_id), name) for key, name in linked})
    histories = dict(zip(asked, run_parallel(lambda item: tracking.metric_history(*item), asked), strict=True))
    others: dict[tuple[str, str], dict[str, MetricsOfOthers]] = {}
    for (key, name), metrics in linked.items():
        logged = histories[str(doubtful[key].run.info.run_id), name]
        others.setdefault(key, {})[name] = MetricsOfOthers(linked=metrics, logged=logged)
    return others
