"""Arguments of MLflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.third_party import ThirdParty
    from components.mlflow.connection import ManagedServer
    from components.mlflow.minio_setup import Releases
    from components.mlflow.stores import MlflowStores
    from components.parts.cert_manager import CertManager
    from components.parts.cloudnative_pg import CloudNativePg
    from components.parts.istio import Istio
    from components.parts.monitoring import Monitoring
    from mlplatform.config.ingress import IngressSection
    from mlplatform.config.mlflow import MlflowSection


@dataclass(frozen=True, kw_only=True)
class MlflowArgs:
    """Arguments of MLflow.

    Attributes:
        settings: MLflow's settings.
        environment: ``development`` or ``production``.
        rotations: generated secret -> how often it was rotated.
        third_party: where charts and images come from.
        cert_manager: who signs the Ingress's certificate.
        cloudnative_pg: the operator of the database.
        istio: whose gateway a route attaches to.
        ingress: how requests come in.
        monitoring: Prometheus.
        client_namespaces: namespaces whose labelled pods may reach MLflow, and with direct access MinIO, too.
        store_readers: namespaces whose model servers may read MinIO.
        releases: the releases of models in MinIO, ``None`` where they lie elsewhere or there are none.
        stores: the stack's own S3 buckets, ``None`` where the settings name some or there is MinIO.
        storage: the default storage class, where the stack makes it.
        server: the database server that the stack makes outside of the cluster, ``None`` for every other kind.
        load_balancer: annotations of its Service that say which load balancer it gets.

    """

    settings: MlflowSection
    environment: str
    rotations: dict[str, int]
    third_party: ThirdParty
    cert_manager: CertManager | None
    cloudnative_pg: CloudNativePg | None
    istio: Istio | None
    ingress: IngressSection | None
    monitoring: Monitoring | None
    client_namespaces: tuple[str, ...]
    store_readers: tuple[str, ...] = ()
    releases: Releases | None = None
    stores: MlflowStores | None = None
    server: ManagedServer | None = None
    storage: pulumi.Resource | None = None
    load_balancer: Mapping[str, str] = field(default_factory=dict)

    @property
    def production(self) -> bool:
        """Whether what holds data is protected, and MLflow highly available."""
        return self.environment == "production"
