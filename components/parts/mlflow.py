"""MLflow, its database and artifact store, which have a room of their own: :mod:`components.mlflow`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.mlflow import Mlflow, MlflowArgs
from components.mlflow.client_namespaces import client_namespaces, releases, store_readers
from components.parts.cert_manager import CertManager
from components.parts.cloudnative_pg import CloudNativePg
from components.parts.eks_services import EksServices
from components.parts.istio import Istio
from components.parts.monitoring import Monitoring
from mlplatform.config.mlflow import MlflowSection

if TYPE_CHECKING:
    from components.platform_context import PlatformContext


def create(context: PlatformContext) -> Mlflow:
    """Create MLflow for the platform."""
    settings, aws, on_eks = context.settings, context.aws, context.part(EksServices)
    return Mlflow(
        "mlflow",
        MlflowArgs(
            settings=settings.section_of(MlflowSection),
            environment=settings.environment,
            rotations=settings.rotations,
            third_party=context.third_party,
            cert_manager=context.part(CertManager),
            cloudnative_pg=context.part(CloudNativePg),
            istio=context.part(Istio),
            ingress=settings.ingress,
            monitoring=context.part(Monitoring),
            client_namespaces=client_namespaces(settings),
            store_readers=store_readers(settings),
            releases=releases(settings),
            stores=aws.stores if aws else None,
            server=aws.server if aws else None,
            storage=on_eks.storage if on_eks else None,
            load_balancer=context.load_balancer,
        ),
        opts=context.inside,
    )
