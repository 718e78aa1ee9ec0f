"""What the pods of a namespace have around them, as plain data: everything that an opening may lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from components.kubernetes.network_policies import peer

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Place:
    """Pods somewhere in the cluster.

    Attributes:
        namespace: their namespace, ``None`` for any.
        labels: labels that they carry; empty for all pods.

    """

    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def peer(self) -> dict[str, Any]:
        """Return the place as the peer of a NetworkPolicy rule."""
        return peer(self.namespace, self.labels)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The parts of the platform that the pods of a team talk with.

    By default nothing is known of a cluster that has a gateway and Knative already: they may be in any namespace.

    Attributes:
        mesh: data plane of the service mesh, ``None`` for no mesh.
        istio_namespace: namespace of istiod.
        injection_labels: labels of a namespace whose pods join the mesh.
        gateway: the gateway that requests come in through.
        knative_namespace: namespace of Knative's activator and autoscaler, ``None`` for any.
        kserve_mode: KServe's deployment mode.
        prometheus: who scrapes metrics, ``None`` for nobody.
        tracking_uri: URL of the MLflow tracking server as pods see it, ``None`` where nothing may call it.
        registry_uri: URL of the model registry where it is another one.
        mlflow: its pods, where they run in this cluster.
        mlflow_port: port of those pods.
        artifact_store: URL of the store that training jobs write artifacts to, ``None`` where MLflow does it for them.

    """

    mesh: Literal["sidecar", "ambient"] | None = None
    istio_namespace: str = "istio-system"
    injection_labels: Mapping[str, str] = field(default_factory=dict)
    gateway: Place = field(default_factory=Place)
    knative_namespace: str | None = None
    kserve_mode: Literal["Knative", "Standard"] = "Knative"
    prometheus: Place | None = None
    tracking_uri: str | None = None
    registry_uri: str | None = None
    mlflow: Place | None = None
    mlflow_port: int = 5000
    artifact_store: str | None = None
