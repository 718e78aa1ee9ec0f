"""How many replicas serve a model. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlplatform.config import Model

# Per cent of the requested CPU at which Seldon's autoscaler adds a replica.
CPU_TARGET_UTILIZATION = 80


def replica_range(model: Model) -> dict[str, int]:
    """Return fewest and most replicas, for KServe's autoscaler or Seldon's."""
    return {"minReplicas": model.min_replicas, "maxReplicas": model.effective_max_replicas}


def seldon_replicas(model: Model) -> dict[str, int]:
    """Return the fixed number of a predictor's replicas, ``{}`` under an autoscaler, which must not be told one."""
    return {} if _autoscaled(model) else {"replicas": model.min_replicas}


def seldon_autoscaler(model: Model) -> dict[str, Any]:
    """Return the autoscaler of a predictor's component, ``{}`` without one."""
    if not _autoscaled(model):
        return {}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": CPU_TARGET_UTILIZATION}}
    return {"hpaSpec": {**replica_range(model), "metricsv2": [{"type": "Resource", "resource": cpu}]}}


def _autoscaled(model: Model) -> bool:
    return model.effective_max_replicas > model.min_replicas
