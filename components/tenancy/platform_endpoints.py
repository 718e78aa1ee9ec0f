"""The parts of the platform that the pods of a namespace talk with, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from components.kubernetes.network_policies import PodPeer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.object_stores import ObjectStore


@dataclass(frozen=True, kw_only=True)
class PlatformEndpoints:
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
        artifact_store: the store that training jobs write artifacts to, ``None`` where MLflow does it for them.

    """

    mesh: Literal["sidecar", "ambient"] | None = None
    istio_namespace: str = "istio-system"
    injection_labels: Mapping[str, str] = field(default_factory=dict)
    gateway: PodPeer = field(default_factory=PodPeer)
    knative_namespace: str | None = None
    kserve_mode: Literal["Knative", "Standard"] = "Knative"
    prometheus: PodPeer | None = None
    tracking_uri: str | None = None
    registry_uri: str | None = None
    mlflow: PodPeer | None = None
    mlflow_port: int = 5000
    artifact_store: ObjectStore | None = None
