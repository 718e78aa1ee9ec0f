"""Seldon Core v1: a resolved model as a ``SeldonDeployment`` (machinelearning.seldon.io/v1). Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.security import RESTRICTED_CONTAINER
from components.serving.facts import object_metadata, runtime_of

if TYPE_CHECKING:
    from mlplatform.config import Model
    from mlplatform.registry.facts import ModelFacts

# Per cent of the requested CPU at which the autoscaler adds a replica.
CPU_TARGET_UTILIZATION = 80


def seldon_deployment(
    model: Model, version: ModelFacts, *, service_account: str, store_secret: str | None
) -> dict[str, Any]:
    """Return the manifest of a model served by Seldon Core's pre-packaged MLflow server over the V2 protocol.

    Args:
        model: what the stack asks for; ``serving: seldon``.
        version: the version its reference resolved to.
        service_account: account of the pods and of the storage initializer.
        store_secret: Secret with the rclone settings of the object store.

    """
    graph: dict[str, Any] = {
        "name": model.name,
        "type": "MODEL",
        "implementation": runtime_of(model),
        "modelUri": version.storage_uri,
        "serviceAccountName": service_account,
        "children": [],
    }
    if store_secret:
        graph["envSecretRefName"] = store_secret
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": object_metadata(model, version),
        "spec": {
            "protocol": "v2",
            "predictors": [
                {
                    "name": "default",
                    **_replicas(model),
                    "graph": graph,
                    "componentSpecs": [_component_spec(model, service_account)],
                }
            ],
        },
    }


def _replicas(model: Model) -> dict[str, int]:
    # Under an autoscaler the operator must not be told a fixed number as well.
    return {} if _autoscaled(model) else {"replicas": model.min_replicas}


def _component_spec(model: Model, service_account: str) -> dict[str, Any]:
    component: dict[str, Any] = {
        "spec": {
            "serviceAccountName": service_account,
            # The operator merges its server into the container that is named like the graph's node.
            "containers": [
                {
                    "name": model.name,
                    "resources": model.resources.model_dump(),
                    "securityContext": RESTRICTED_CONTAINER,
                }
            ],
        }
    }
    if _autoscaled(model):
        component["hpaSpec"] = {
            "minReplicas": model.min_replicas,
            "maxReplicas": model.effective_max_replicas,
            "metricsv2": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": CPU_TARGET_UTILIZATION},
                    },
                }
            ],
        }
    return component


def _autoscaled(model: Model) -> bool:
    return model.effective_max_replicas > model.min_replicas
