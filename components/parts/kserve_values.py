"""Values of KServe's charts, and its own runtimes, as plain data. Pure functions.

Sources: charts of KServe 0.20.0; ``pkg/controller/v1beta1/inferenceservice/reconcilers/ingress`` for what the ingress
settings do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.kubernetes.chart_values import image_and_tag
from components.kubernetes.metadata import labels
from components.kubernetes.security import RESTRICTED_CONTAINER
from components.parts.knative_serving import LOCAL_GATEWAY, local_gateway_service
from mlplatform.config.engines import KSERVE, RUNTIME_LIMITS
from mlplatform.config.parts.knative import NAMESPACE as KNATIVE_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.parts.knative_serving import IstioGateway
    from mlplatform.config.ingress import IngressSection
    from mlplatform.config.parts.kserve import KServeSection, ServingRuntime

# A model server of an own runtime gets this much unless the model says otherwise, like those of KServe's charts.
RUNTIME_RESOURCES = {"requests": dict(RUNTIME_LIMITS), "limits": dict(RUNTIME_LIMITS)}
# Priority of the formats of an own runtime: above the charts', which have 1 and 2.
RUNTIME_PRIORITY = 10


@dataclass(frozen=True, kw_only=True)
class KServeIngress:
    """How requests reach models.

    Attributes:
        settings: domain, class and TLS.
        gateway: Istio's gateway; ``None`` with Kourier.

    """

    settings: IngressSection
    gateway: IstioGateway | None


def controller_values(settings: KServeSection, ingress: KServeIngress) -> dict[str, Any]:
    """Return the values of ``kserve-resources``.

    In Standard mode KServe makes no Ingress: it could have no TLS. The stack makes the route instead
    (:func:`components.serving.model_route.model_route`), on the host that KServe shows.
    """
    gateway: dict[str, Any] = {
        "domain": ingress.settings.domain,
        "urlScheme": "https" if ingress.settings.tls else "http",
        "disableIngressCreation": settings.mode == "Standard",
        # Without Istio, Knative's own routes are all there is.
        "disableIstioVirtualHost": ingress.gateway is None,
    }
    if ingress.gateway is not None:
        gateway["localGateway"] = {
            "gateway": f"{KNATIVE_NAMESPACE}/{LOCAL_GATEWAY}",
            "gatewayService": local_gateway_service(ingress.gateway),
        }
        gateway["ingressGateway"] = {
            "gateway": f"{ingress.gateway.namespace}/{ingress.gateway.name}",
            "className": ingress.settings.ingress_class,
        }
    return {
        "kserve": {
            "controller": {
                "deploymentMode": settings.mode,
                # A pinned tag never changes; Always would need the registry at every start.
                "imagePullPolicy": "IfNotPresent",
                "gateway": gateway,
            }
        }
    }


def runtime_values(image_of: Callable[[str], str]) -> dict[str, Any]:
    """Return the values of ``kserve-runtime-configs``.

    Args:
        image_of: name in ``versions.yaml`` -> where that image is pulled from.

    """
    images = {runtime.image: image_and_tag(image_of(runtime.image)) for runtime in KSERVE.runtimes if runtime.image}
    return {
        "kserve": {
            "servingruntime": {
                "enabled": True,
                **{name: {"image": image, "tag": tag} for name, (image, tag) in images.items()},
                # The chart has no pinned tag of it.
                "vllmserver": {"disabled": True},
            }
        }
    }


def serving_runtime(runtime: ServingRuntime, *, image: str) -> dict[str, Any]:
    """Return an own runtime as ``ClusterServingRuntime``.

    Args:
        runtime: what the stack's configuration says of it.
        image: where its image is pulled from.

    """
    container: dict[str, Any] = {
        # The name by which KServe finds the model server among a pod's containers.
        "name": "kserve-container",
        "image": image,
        "resources": RUNTIME_RESOURCES,
        "securityContext": RESTRICTED_CONTAINER,
    }
    if runtime.args:
        container["args"] = list(runtime.args)
    if runtime.env:
        container["env"] = [{"name": name, "value": value} for name, value in sorted(runtime.env.items())]
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": runtime.name, "labels": labels(runtime.name)},
        "spec": {
            "protocolVersions": [runtime.protocol],
            "supportedModelFormats": [
                {"name": name, "version": version, "autoSelect": False, "priority": RUNTIME_PRIORITY}
                for name, version in sorted(runtime.formats.items())
            ],
            "containers": [container],
        },
    }
