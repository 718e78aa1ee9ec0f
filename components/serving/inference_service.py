"""KServe: a resolved model as an ``InferenceService`` (v1beta1). Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.security import RESTRICTED_CONTAINER, RESTRICTED_POD
from components.serving.facts import object_metadata, runtime_of
from mlplatform.config.quantity import parse_quantity

# Of the runtime kserve-mlserver in KServe 0.20, in chart and kustomization.
RUNTIME_CPU_LIMIT = "1"

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlplatform.config import Model
    from mlplatform.config.parts.kserve import ServingRuntime
    from mlplatform.registry.facts import ModelFacts


def inference_service(
    model: Model, version: ModelFacts, *, service_account: str, runtimes: Sequence[ServingRuntime] = ()
) -> dict[str, Any]:
    """Return the manifest of a model served by KServe.

    The new-style ``predictor.model``, with MLServer's MLflow runtime over the V2 protocol unless the model names
    another; resources stand on the model, because KServe ignores them directly under ``predictor``.

    Args:
        model: what the stack asks for; ``serving: kserve``.
        version: the version its reference resolved to.
        service_account: the account whose credentials fetch the model.
        runtimes: the stack's own runtimes, whose protocol is known.

    """
    name = runtime_of(model)
    protocol = next((runtime.protocol for runtime in runtimes if runtime.name == name), "v2")
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": object_metadata(model, version),
        "spec": {
            "predictor": {
                "minReplicas": model.min_replicas,
                "maxReplicas": model.effective_max_replicas,
                "serviceAccountName": service_account,
                "securityContext": RESTRICTED_POD,
                "model": {
                    "modelFormat": {"name": "mlflow"},
                    "protocolVersion": protocol,
                    "runtime": name,
                    "storageUri": version.storage_uri,
                    "resources": _resources(model),
                    "securityContext": RESTRICTED_CONTAINER,
                },
            },
        },
    }


def _resources(model: Model) -> dict[str, dict[str, str]]:
    """Return the resources with a CPU limit, always.

    KServe merges them into the runtime's own, and ``kserve-mlserver`` has a limit of one core: a request above it
    without a limit would make a pod that Kubernetes refuses, and any model would silently be held to one core.
    """
    requests, limits = dict(model.resources.requests), dict(model.resources.limits)
    if "cpu" not in limits:
        limits["cpu"] = max(requests.get("cpu", RUNTIME_CPU_LIMIT), RUNTIME_CPU_LIMIT, key=parse_quantity)
    return {"requests": requests, "limits": limits}
