"""What the registry's records say of a version: pure reading of versions, logged models and runs of MLflow."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LOGGED_MODEL_SOURCE = re.compile(r"models:/(m-[^/]+)")
_RUN_SOURCE = re.compile(r"runs:/([^/]+)/?(.*)")
# <experiment>/models/<logged model>/artifacts (MLflow 3), <experiment>/<run>/artifacts (MLflow 2).
_LOGGED_MODEL_ADDRESS = re.compile(r"/models/(m-[0-9a-f]+)/artifacts(?:/|$)")
_RUN_ADDRESS = re.compile(r"/([0-9a-f]{32})/artifacts(?:/|$)")
_USER_TAG = "mlflow.user"


@dataclass(frozen=True, kw_only=True)
class RegistryRecords:
    """The registry's records of one version, entities of MLflow's client.

    Attributes:
        name: of the registered model.
        version: version number as decimal text.
        record: the model version.
        run: the training run, ``None`` without one, or where it was not looked up.
        logged_model: the logged model of MLflow 3, likewise.
        artifact_uri: the artifact's own address; ``""`` where it was not looked up.
        metrics_of_others: the run's metrics that it logged for other models, by name: all that it has of such a name.

    """

    name: str
    version: str
    record: Any
    run: Any = None
    logged_model: Any = None
    artifact_uri: str = ""
    metrics_of_others: Mapping[str, MetricsOfOthers] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MetricsOfOthers:
    """One metric that a run logged for other models than the version's, perhaps besides values of its own.

    Attributes:
        linked: values logged for other models.
        logged: all values that the run logged under this name.

    """

    linked: Sequence[Any]
    logged: Sequence[Any]

    @property
    def unlinked(self) -> list[Any]:
        """Values that the run logged for no other model."""
        of_others = {_moment(metric) for metric in self.linked}
        return [metric for metric in self.logged if _moment(metric) not in of_others]


@dataclass(frozen=True, kw_only=True)
class LoggedIds:
    """The logged model and the run that an artifact is of, as its address or its files say; ``None`` where not said."""

    model_id: str | None = None
    run_id: str | None = None

    def contradicts(self, other: LoggedIds) -> bool:
        """Return whether both name a logged model, or a run, and another one."""
        pairs = ((self.model_id, other.model_id), (self.run_id, other.run_id))
        return any(one != another and None not in {one, another} for one, another in pairs)


def ids_in_address(uri: str) -> LoggedIds:
    """Return what an artifact's address, or a version's source, says of its origin, by MLflow's layout of artifacts."""
    logged_model = _LOGGED_MODEL_SOURCE.match(uri) or _LOGGED_MODEL_ADDRESS.search(uri)
    run = _RUN_SOURCE.match(uri) or _RUN_ADDRESS.search(uri)
    return LoggedIds(
        model_id=logged_model[1] if logged_model else None, run_id=run[1] if run and not logged_model else None
    )


def is_logged_model_source(source: str) -> bool:
    """Return whether a version's source names a logged model (``models:/m-...``)."""
    return _LOGGED_MODEL_SOURCE.match(source) is not None


def run_source(uri: str) -> tuple[str, str] | None:
    """Return run and path of ``runs:/<run>/<path>``, ``None`` for any other address."""
    match = _RUN_SOURCE.match(uri)
    return (match[1], match[2]) if match else None


def recorded_model_id(record: Any) -> str | None:
    """Return the id of the logged model that a version's record names, ``None`` for one logged by MLflow 2."""
    match = _LOGGED_MODEL_SOURCE.match(str(record.source))
    return match[1] if match else getattr(record, "model_id", None) or None


def model_id_of(records: RegistryRecords) -> str | None:
    """Return the id of a version's logged model: as its record names it, else that of the one that was looked up.

    Early MLflow 3 registered versions from its user interface by the address of the files, and recorded no id.
    """
    return recorded_model_id(records.record) or (
        str(records.logged_model.model_id) if records.logged_model is not None else None
    )


def run_id_of(records: RegistryRecords) -> str | None:
    """Return the id of a version's run, ``None`` where it was registered without one, and none can be told."""
    run_id = records.record.run_id or (records.logged_model.source_run_id if records.logged_model else None)
    if not run_id and records.run is not None:
        run_id = records.run.info.run_id
    return str(run_id) if run_id else None


def experiment_id(records: RegistryRecords) -> str | None:
    """Return the experiment of the run, else of the logged model."""
    if records.run:
        known = records.run.info.experiment_id
    else:
        known = records.logged_model.experiment_id if records.logged_model else None
    return None if known is None else str(known)


def final_metrics(records: RegistryRecords) -> dict[str, float]:
    """Return the last value of each metric; those of the logged model come before those of the run.

    A run may log metrics of several models. What it logged for another one says nothing of this one.
    """
    of_run = _final(_run_metrics(records.run)) if records.run else {}
    for name, metric in records.metrics_of_others.items():
        of_run.pop(name, None)
        of_run.update(_final(metric.unlinked))
    of_model = _final(records.logged_model.metrics if records.logged_model else None)
    last = {**of_run, **of_model}
    return {name: _value(metric, of_run.get(name)) for name, metric in last.items()}


def run_metric_names(records: RegistryRecords) -> list[str]:
    """Return names of the metrics that are told by the run alone, and not by the version's logged model."""
    of_model = {metric.key for metric in (records.logged_model.metrics or [])} if records.logged_model else set()
    return sorted(set(records.run.data.metrics) - of_model) if records.run else []


def _run_metrics(run: Any) -> Iterable[Any]:
    """Return a run's metrics with their times; its ``data.metrics`` has values only."""
    metrics: Iterable[Any] = run.data.to_proto().metrics
    return metrics


def _final(metrics: Any) -> dict[str, Any]:
    """Return each metric's last value, by the rule that MLflow uses for runs: highest step, then time, then value."""
    final: dict[str, Any] = {}
    for metric in metrics or []:
        if metric.key not in final or _rank(metric) > _rank(final[metric.key]):
            final[metric.key] = metric
    return final


def _rank(metric: Any) -> tuple[int, int, float]:
    return (metric.step or 0, metric.timestamp or 0, -math.inf if math.isnan(metric.value) else metric.value)


def _value(metric: Any, of_run: Any) -> float:
    """Return a metric's value; MLflow keeps NaN of a run, and 0 instead of it for the logged model."""
    if metric.value == 0 and of_run is not None and math.isnan(of_run.value) and _moment(of_run) == _moment(metric):
        return math.nan
    return float(metric.value)


def _moment(metric: Any) -> tuple[int, int, float]:
    """Return what tells one value of a metric from another; MLflow keeps 0 instead of NaN for logged models."""
    return (metric.step or 0, metric.timestamp or 0, 0.0 if math.isnan(metric.value) else metric.value)


def params(records: RegistryRecords) -> dict[str, str]:
    """Return parameters of the run and the logged model; the latter come first."""
    of_run = records.run.data.params if records.run else {}
    return {**of_run, **(dict(records.logged_model.params or {}) if records.logged_model else {})}


def created_by(records: RegistryRecords) -> str | None:
    """Return who trained a version: its own user, else that of the run, else that of the logged model."""
    run = records.run
    tags = (run.data.tags if run else None) or {}
    model_tags = (records.logged_model.tags if records.logged_model else None) or {}
    known = (records.record.user_id, tags.get(_USER_TAG), run.info.user_id if run else None, model_tags.get(_USER_TAG))
    return next((str(user) for user in known if user), None)
