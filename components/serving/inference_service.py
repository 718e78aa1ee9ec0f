"""KServe: a resolved model as an ``InferenceService`` (v1beta1). Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.security import RESTRICTED_CONTAINER, RESTRICTED_POD
from components.serving.facts import object_metadata
from components.serving.patterns.resources import resources_over_runtime
from components.serving.patterns.scaling import replica_range
from mlplatform.config.engines import KSERVE, RUNTIME_LIMITS, Runtime

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
    runtime = KSERVE.runtime(model.runtime, map(_own_runtime, runtimes))
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": object_metadata(model, version),
        "spec": {
            "predictor": {
                **replica_range(model),
                "serviceAccountName": service_account,
                "securityContext": RESTRICTED_POD,
                "model": {
                    "modelFormat": {"name": runtime.format},
                    "protocolVersion": runtime.protocol,
                    "runtime": runtime.name,
                    # KServe downloads every key that begins with it (python/storage, _download_s3): without the
                    # slash, the folder "model-v2" beside "model", too.
                    "storageUri": f"{version.storage_uri.rstrip('/')}/",
                    "resources": resources_over_runtime(model, runtime),
                    "securityContext": RESTRICTED_CONTAINER,
                },
            },
        },
    }


def _own_runtime(runtime: ServingRuntime) -> Runtime:
    return Runtime(name=runtime.name, formats=tuple(runtime.formats), protocol=runtime.protocol, limits=RUNTIME_LIMITS)
