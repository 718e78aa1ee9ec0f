"""Arguments of the stack's AWS resources, and what the platform takes from them. Creates nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components import aws
from components.aws.cidr_plan import plan_subnets
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.kubernetes.load_balancer import network_load_balancer
from components.kubernetes.network_policies import PRIVATE_NETWORKS
from components.kubernetes.object_stores import ObjectStore
from components.mlflow import names
from components.mlflow.connection import ManagedServer
from components.mlflow.postgres_manifests import DATABASE, OWNER
from components.mlflow.stores import MlflowStores
from mlplatform.config.parts import cert_manager, cluster_autoscaler
from mlplatform.registry.release.location import model_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.generated_secrets import GeneratedPassword
    from mlplatform.config import Settings
    from mlplatform.config.aws import AwsSection


@dataclass(frozen=True, kw_only=True)
class AwsResources:
    """The AWS resources that the platform uses.

    Attributes:
        cluster: name of the EKS cluster.
        kubernetes_version: its Kubernetes minor version.
        region: its region.
        tags: tags of the volumes that the cluster creates.
        load_balancer: annotations of Services of type LoadBalancer, which say which one they get.
        volumes_key: ARN of the key of volumes.
        autoscaler_role: IAM role of the cluster autoscaler.
        dns01_role: IAM role of cert-manager, ``None`` without DNS-01.
        reader_roles: namespace -> IAM role of its model servers.
        training_roles: (namespace, service account) -> IAM role of training jobs that write artifacts themselves.
        stores: the stack's own buckets as MLflow's stores, ``None`` where MLflow has none.
        server: the database server, ``None`` where it is not on RDS.

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
    folders: dict[str, set[str]] = {}
    for model in settings.models:
        folders.setdefault(model.namespace, set()).add(model_folder(model.registered_model))
    return {namespace: tuple(sorted(names)) for namespace, names in folders.items()}


def workload_roles_args(settings: Settings, foundation: aws.Foundation) -> aws.WorkloadRolesArgs:
    """Return the arguments of the roles of the stack's workloads."""
    mlflow = settings.mlflow
    return aws.WorkloadRolesArgs(
        settings=settings,
        cluster=foundation.cluster.cluster_name,
        oidc=foundation.cluster.oidc,
        buckets=foundation.buckets,
        autoscaler=aws.ServiceAccount(namespace=cluster_autoscaler.NAME, name=cluster_autoscaler.NAME),
        # The chart calls it by the name of its release.
        cert_manager=aws.ServiceAccount(namespace=cert_manager.NAMESPACE, name="cert-manager"),
        mlflow=aws.ServiceAccount(namespace=mlflow.namespace if mlflow else "mlflow", name=names.SERVER),
        served=served_folders(settings),
    )


def has_database(settings: Settings) -> bool:
    """Whether the stack has a database on RDS."""
    return settings.aws is not None and settings.mlflow is not None and settings.mlflow.database.kind == "rds"


def database_args(settings: Settings, foundation: aws.Foundation, password: GeneratedPassword) -> aws.DatabaseArgs:
    """Return the arguments of the database on RDS."""
    return aws.DatabaseArgs(
        settings=settings,
        keys=foundation.keys,
        network=foundation.network,
        clients=foundation.cluster.security_group_id,
        database=DATABASE,
        username=OWNER,
        password=password,
    )


def aws_resources(
    settings: Settings, foundation: aws.Foundation, roles: aws.WorkloadRoles, database: aws.Database | None
) -> AwsResources:
    """Return all that the platform takes from the stack's AWS resources.

    Args:
        settings: the stack's settings, with ``aws``.
        foundation: network, keys, buckets and cluster.
        roles: the roles of the workloads.
        database: the database on RDS, ``None`` without.

    """
    section = aws_settings(settings)
    return AwsResources(
        cluster=foundation.cluster.cluster_name,
        kubernetes_version=eks_settings(settings).kubernetes_version,
        region=section.region,
        tags=tags(settings),
        load_balancer=_load_balancer(settings, section),
        volumes_key=foundation.keys.volumes,
        autoscaler_role=roles.autoscaler,
        dns01_role=roles.cert_manager,
        reader_roles=roles.readers,
        training_roles=roles.training,
        stores=_stores(settings, foundation, roles),
        server=_server(section, database) if database else None,
    )


def _stores(settings: Settings, foundation: aws.Foundation, roles: aws.WorkloadRoles) -> MlflowStores | None:
    region = aws_settings(settings).region
    artifacts, backups = foundation.buckets.artifacts, foundation.buckets.backups
    if artifacts is None or settings.mlflow is None:
        return None
    return MlflowStores(
        artifacts=ObjectStore(
            bucket=artifacts.name,
            prefix=artifacts.prefix.rstrip("/"),
            region=region,
            role_arn=roles.mlflow,
        ),
        backups=ObjectStore(bucket=backups.name, region=region, role_arn=roles.backups) if backups else None,
    )


def _server(section: AwsSection, database: aws.Database) -> ManagedServer:
    return ManagedServer(
        host=database.host,
        port=database.port,
        database=database.database,
        username=database.username,
        password=database.password.value,
        rotation=database.password.rotation,
        certificates=database.ca_certificates,
        networks=_database_networks(section),
    )


def _load_balancer(settings: Settings, section: AwsSection) -> dict[str, str]:
    """Return the annotations of load balancers; in a network outside this stack, nothing tells subnets apart."""
    internal = settings.ingress is not None and settings.ingress.internal
    existing = section.network.existing
    if existing is None:
        return network_load_balancer(tags(settings), internal=internal)
    internal = internal or not existing.public_subnets
    subnets = existing.private_subnets if internal else existing.public_subnets
    return network_load_balancer(tags(settings), subnets=[subnets[zone] for zone in sorted(subnets)], internal=internal)


def _database_networks(section: AwsSection) -> tuple[str, ...]:
    """Return where the database is: its subnets, or, in a network outside this stack, any private address."""
    if section.network.existing is not None or section.network.cidr is None:
        return PRIVATE_NETWORKS
    return tuple(str(zone.database) for zone in plan_subnets(section.network.cidr, sorted(section.network.zones)))
