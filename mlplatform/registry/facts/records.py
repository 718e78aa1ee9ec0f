"""What the registry's records say of a version: pure reading of versions, logged models and runs of MLflow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_LOGGED_MODEL_SOURCE = re.compile(r"models:/(m-[^/]+)")
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

    """

    name: str
    version: str
    record: Any
    run: Any = None
    logged_model: Any = None
    artifact_uri: str = ""


def is_logged_model_source(source: str) -> bool:
    """Return whether a version's source names a logged model (``models:/m-...``)."""
    return _LOGGED_MODEL_SOURCE.match(source) is not None


def model_id_of(record: Any) -> str | None:
    """Return the id of a version's logged model, ``None`` for a version logged by MLflow 2."""
    match = _LOGGED_MODEL_SOURCE.match(str(record.source))
    return match[1] if match else getattr(record, "model_id", None) or None


def run_id_of(record: Any, logged_model: Any) -> str | None:
    """Return the id of a version's run, ``None`` where it was registered without one."""
    run_id = record.run_id or (logged_model.source_run_id if logged_model else None)
    return str(run_id) if run_id else None


def experiment_id(records: RegistryRecords) -> str | None:
    """Return the experiment of the run, else of the logged model."""
    if records.run:
        known = records.run.info.experiment_id
    else:
        known = records.logged_model.experiment_id if records.logged_model else None
    return None if known is None else str(known)


def final_metrics(records: RegistryRecords) -> dict[str, float]:
    """Return the last value of each metric; those of the logged model come before those of the run."""
    of_run = records.run.data.metrics if records.run else {}
    return {**of_run, **_final(records.logged_model.metrics if records.logged_model else None)}


def _final(metrics: Any) -> dict[str, float]:
    """Return each metric's last value, by the rule that MLflow uses for runs: highest step, then time, then value."""
    final: dict[str, Any] = {}
    for metric in metrics or []:
        rank = (metric.step or 0, metric.timestamp or 0, metric.value)
        if metric.key not in final or rank > final[metric.key]:
            final[metric.key] = rank
    return {name: float(rank[2]) for name, rank in final.items()}


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
