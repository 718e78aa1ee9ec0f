"""The service mesh and, with it, the gateway that everything comes in through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlplatform.config.fields import Count, Section
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings

NAMESPACE = "istio-system"
GATEWAY_NAMESPACE = "istio-ingress"


class IstioSection(Section):
    """The service mesh."""

    data_plane: Literal["sidecar", "ambient"] = Field(
        default="sidecar", description="sidecar (injected, set up by istio-cni) or ambient (ztunnel)"
    )
    platform: Literal["k3d", "k3s", "minikube", "microk8s", "gke", "openshift"] | None = Field(
        default=None, description="kind of cluster whose nodes keep CNI plugins elsewhere; none for all others"
    )
    gateway_replicas: Count | None = Field(
        default=None, description="fewest gateway pods; the default is 1, in production 2"
    )


def needed_charts(settings: Settings) -> Iterator[str]:
    """Yield the charts of the data plane and, with ingress, of the gateway."""
    yield from ("istio-base", "istio-cni", "istiod")
    if settings.istio and settings.istio.data_plane == "ambient":
        yield "istio-ztunnel"
    if settings.ingress:
        yield "istio-gateway"


PART = Part(
    name="istio",
    section=IstioSection,
    description="the service mesh; none: not installed",
    charts=("istio-base", "istio-cni", "istiod", "istio-ztunnel", "istio-gateway"),
    needed_charts=needed_charts,
    namespaces=(NAMESPACE, GATEWAY_NAMESPACE),
    crds={"istio": "istio-base"},
    needs=("cert_manager",),
)
