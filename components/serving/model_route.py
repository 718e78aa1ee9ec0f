"""The stack's own route to a model. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from mlplatform.config.engines import KSERVE, predictor_name

if TYPE_CHECKING:
    from components.serving.engines.engine import ModelRouting


def model_route(name: str, *, namespace: str, routing: ModelRouting) -> dict[str, Any]:
    """Return the ``VirtualService`` of a model that KServe serves in Standard mode.

    In that mode KServe itself can only make an Ingress without TLS, so the stack tells it to make none. The host is the
    one that KServe shows in the status of its InferenceService.

    Args:
        name: the InferenceService, of the namespace.
        namespace: where it is.
        routing: the ingress domain and the gateway.

    """
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(name)},
        "spec": {
            "hosts": [KSERVE.hosts(name, namespace, routing.domain)[0]],
            "gateways": [routing.gateway],
            "http": [
                {
                    "route": [
                        {
                            "destination": {
                                "host": f"{predictor_name(name)}.{namespace}.svc.cluster.local",
                                "port": {"number": 80},
                            }
                        }
                    ]
                }
            ],
        },
    }
