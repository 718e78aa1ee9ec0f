"""Seldon Core v1: a resolved model as a ``SeldonDeployment`` (machinelearning.seldon.io/v1). Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.security import RESTRICTED_CONTAINER
from components.serving.facts import object_metadata
from components.serving.patterns.resources import stated_resources
from components.serving.patterns.scaling import seldon_autoscaler, seldon_replicas
from mlplatform.config.engines import SELDON

if TYPE_CHECKING:
    from mlplatform.config import Model
    from mlplatform.registry.facts import ModelFacts


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
    runtime = SELDON.runtime(model.runtime)
    graph: dict[str, Any] = {
        "name": model.name,
        "type": "MODEL",
        "implementation": runtime.name,
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
            "protocol": runtime.protocol,
            "predictors": [
                {
                    "name": "default",
                    **seldon_replicas(model),
                    "graph": graph,
                    "componentSpecs": [_component_spec(model, service_account)],
                }
            ],
        },
    }


def _component_spec(model: Model, service_account: str) -> dict[str, Any]:
    return {
        "spec": {
            "serviceAccountName": service_account,
            # The operator merges its server into the container that is named like the graph's node.
            "containers": [
                {
                    "name": model.name,
                    "resources": stated_resources(model),
                    "securityContext": RESTRICTED_CONTAINER,
                }
            ],
        },
        **seldon_autoscaler(model),
    }
