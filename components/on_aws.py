"""What the platform takes from the stack's own AWS resources: names that are known, and values that come with them.

Nothing here imports ``pulumi_aws`` before there is something to make: a stack on a cluster of somebody else would wait
for it at every preview.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi

from components.aws.cidr_plan import plan_subnets
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.kubernetes.generated_secrets import create_password
from components.kubernetes.load_balancer import network_load_balancer
from components.kubernetes.network_policies import PRIVATE_NETWORKS
from components.kubernetes.object_stores import ObjectStore
from components.mlflow import names
from components.mlflow.connection import ManagedServer
from components.mlflow.postgres import PASSWORD
from components.mlflow.postgres_manifests import DATABASE, OWNER
from components.mlflow.stores import MlflowStores
from mlplatform.config.parts import cert_manager, cluster_autoscaler
from mlplatform.registry.release.location import model_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.aws.foundation import Foundation
    from components.aws.workloads import Workloads
    from mlplatform.config import Settings
    from mlplatform.config.aws import Aws


@dataclass(frozen=True, kw_only=True)
class OnAws:
    """What the platform stands on, on AWS.

    Attributes:
        cluster: name of the EKS cluster.
        kubernetes_version: its Kubernetes minor version.
        region: its region.
        tags: tags of the volumes that the cluster makes.
        load_balancer: annotations of Services of type LoadBalancer, which say which one they get.
        volumes_key: ARN of the key of volumes.
        autoscaler_role: IAM role of the cluster autoscaler.
        dns01_role: IAM role of cert-manager, ``None`` without DNS-01.
        reader_roles: namespace -> IAM role of its model servers.
        training_roles: (namespace, service account) -> IAM role of training jobs that write artifacts themselves.
        stores: the stack's own buckets as MLflow's stores, ``None`` where MLflow has none.
        server: the database server, ``None`` where it is none of RDS.

    """

    cluster: str
    kubernetes_version: str
    region: str
    tags: Mapping[str, str]
    load_balancer: Mapping[str, str]
    volumes_key: pulumi.Input[str]
    autoscaler_role: pulumi.Input[str]
    dns01_role: pulumi.Input[str] | None = None
    reader_roles: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    training_roles: Mapping[tuple[str, str], pulumi.Input[str]] = field(default_factory=dict)
    stores: MlflowStores | None = None
    server: ManagedServer | None = None


def served_folders(settings: Settings) -> dict[str, tuple[str, ...]] | None:
    """Return which releases are served where: namespace -> folders of its models; ``None`` where models are live."""
    if settings.registry.mode != "locked":
        return None
    found: dict[str, set[str]] = {}
    for model in settings.models:
        found.setdefault(model.namespace, set()).add(model_folder(model.registered_model))
    return {namespace: tuple(sorted(folders)) for namespace, folders in found.items()}


def on_aws(settings: Settings, foundation: Foundation) -> OnAws:
    """Create the roles of the workloads and, where asked for, the database; return all that the platform takes.

    Args:
        settings: the stack's settings, with ``aws``.
        foundation: what lies below.

    """
    aws = aws_settings(settings)
    workloads = _workloads(settings, aws, foundation)
    return OnAws(
        cluster=foundation.cluster.cluster_name,
        kubernetes_version=eks_settings(settings).kubernetes_version,
        region=aws.region,
        tags=tags(settings),
        load_balancer=_load_balancer(settings, aws),
        volumes_key=foundation.keys.volumes,
        autoscaler_role=workloads.autoscaler,
        dns01_role=workloads.cert_manager,
        reader_roles=workloads.readers,
        training_roles=workloads.training,
        stores=_stores(settings, aws, foundation, workloads),
        server=_server(settings, aws, foundation),
    )


def _workloads(settings: Settings, aws: Aws, foundation: Foundation) -> Workloads:
    from components.aws.workload_role import ServiceAccount  # noqa: PLC0415 - see above
    from components.aws.workloads import Workloads, WorkloadsArgs  # noqa: PLC0415 - see above

    return Workloads(
        aws.prefix,
        WorkloadsArgs(
            settings=settings,
            cluster=foundation.cluster.cluster_name,
            oidc=foundation.cluster.oidc,
            buckets=foundation.buckets,
            autoscaler=ServiceAccount(namespace=cluster_autoscaler.NAME, name=cluster_autoscaler.NAME),
            # The chart calls it by the name of its release.
            cert_manager=ServiceAccount(namespace=cert_manager.NAMESPACE, name="cert-manager"),
            mlflow=ServiceAccount(
                namespace=settings.mlflow.namespace if settings.mlflow else "mlflow", name=names.SERVER
            ),
            served=served_folders(settings),
        ),
        opts=_below(foundation),
    )


def _stores(settings: Settings, aws: Aws, foundation: Foundation, workloads: Workloads) -> MlflowStores | None:
    artifacts, backups = foundation.buckets.artifacts, foundation.buckets.backups
    if artifacts is None or settings.mlflow is None:
        return None
    return MlflowStores(
        artifacts=ObjectStore(
            bucket=artifacts.name,
            prefix=artifacts.prefix.rstrip("/"),
            region=aws.region,
            role_arn=workloads.mlflow,
        ),
        backups=ObjectStore(bucket=backups.name, region=aws.region, role_arn=workloads.backups) if backups else None,
    )


def _server(settings: Settings, aws: Aws, foundation: Foundation) -> ManagedServer | None:
    if settings.mlflow is None or settings.mlflow.database.kind != "rds":
        return None
    from components.aws.database import Database, DatabaseArgs  # noqa: PLC0415 - see above

    password, rotation = create_password(
        PASSWORD, rotations=settings.rotations, opts=pulumi.ResourceOptions(parent=foundation)
    )
    database = Database(
        f"{aws.prefix}-mlflow",
        DatabaseArgs(
            settings=settings,
            keys=foundation.keys,
            network=foundation.network,
            clients=foundation.cluster.security_group_id,
            database=DATABASE,
            username=OWNER,
            password=password,
        ),
        opts=_below(foundation),
    )
    return ManagedServer(
        host=database.host,
        port=database.port,
        database=database.database,
        username=database.username,
        password=password,
        rotation=rotation,
        certificates=database.ca_certificates,
        networks=_database_networks(aws),
    )


def _load_balancer(settings: Settings, aws: Aws) -> dict[str, str]:
    """Return the annotations of load balancers; in a network of somebody else, nothing tells subnets apart."""
    internal = settings.ingress is not None and settings.ingress.internal
    existing = aws.network.existing
    if existing is None:
        return network_load_balancer(tags(settings), internal=internal)
    internal = internal or not existing.public_subnets
    subnets = existing.private_subnets if internal else existing.public_subnets
    return network_load_balancer(tags(settings), subnets=[subnets[zone] for zone in sorted(subnets)], internal=internal)


def _below(foundation: Foundation) -> pulumi.ResourceOptions:
    """Return the options of what stands on AWS: all of it is one part of the stack's tree."""
    return pulumi.ResourceOptions(parent=foundation, provider=foundation.provider)


def _database_networks(aws: Aws) -> tuple[str, ...]:
    """Return where the database is: its subnets, or, in a network of somebody else, any private address."""
    if aws.network.existing is not None or aws.network.cidr is None:
        return PRIVATE_NETWORKS
    return tuple(str(zone.database) for zone in plan_subnets(aws.network.cidr, sorted(aws.network.zones)))
