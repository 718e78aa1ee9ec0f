"""Settings of the MLflow that the stack provisions: tracking server, database, artifact store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlplatform.config.addresses import Domain, Endpoint
from mlplatform.config.fields import (
    Bytes,
    Count,
    Cron,
    Image,
    Label,
    Quantity,
    ResourceName,
    RoleArn,
    Section,
    Text,
    wrong,
)
from mlplatform.config.networks import any_network
from mlplatform.config.rds import RdsSection
from mlplatform.config.secret import SecretField

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_SHORTEST_BUCKET = 3


def _bucket(value: str) -> str:
    if len(value) < _SHORTEST_BUCKET:
        raise wrong(f"'{value}' is too short for a bucket; use at least {_SHORTEST_BUCKET} characters")
    return value


Bucket = Annotated[Label, AfterValidator(_bucket)]


def _network(value: str) -> str:
    try:
        network = any_network(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    if network.prefixlen == 0:
        raise wrong(f"'{value}' lets everybody in, over plain HTTP; name your networks, such as 10.0.0.0/8")
    return str(network)


Network = Annotated[str, AfterValidator(_network)]


class BackupSection(Section):
    """Scheduled backups of the database to the object store."""

    schedule: Cron = Field(default="0 1 * * *", description="cron schedule, UTC")
    retention_days: Count = Field(default=30, description="how long backups are kept")
    bucket: Bucket = Field(default="mlflow-backups", description="bucket of the backups, beside that of the artifacts")
    role_arn: RoleArn | None = Field(default=None, description="IAM role of the database's pods, with artifacts.s3")
    existing_secret: Label | None = Field(
        default=None, description="Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead, with artifacts.s3"
    )


class RestoreSection(Section):
    """A new database from the backups of an earlier one."""

    cluster: Label = Field(description="name of the database whose backups are read")
    target_time: Text | None = Field(
        default=None, description='moment to go back to, such as "2026-11-20 10:00:00+00"; none: the newest'
    )


class ExternalDatabaseSection(Section):
    """A PostgreSQL that somebody else runs."""

    host: Text = Field(description="host name of the server")
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(default=5432, description="port of the server")
    database: Text = Field(default="mlflow", description="name of the database")
    username: Text | None = Field(default=None, description="user of the database")
    password: SecretField | None = Field(default=None, description="password of that user, a secure value")
    existing_secret: Label | None = Field(
        default=None, description="Secret with the keys username and password, instead of both"
    )
    ssl_mode: Literal["require", "verify-ca", "verify-full"] = Field(
        default="require", description="PostgreSQL's sslmode; never without TLS"
    )
    ca_secret: Label | None = Field(
        default=None, description="Secret with the key ca.crt that the server's certificate is verified by"
    )


class DatabaseSection(Section):
    """Where MLflow keeps runs, models and users."""

    kind: Literal["cloudNativePg", "external", "rds"] = Field(
        default="cloudNativePg", description="cloudNativePg (in the cluster), rds (with the section aws) or external"
    )
    name: Label = Field(default="mlflow-db", description="name of the database's objects in the cluster")
    instances: Count | None = Field(default=None, description="instances; the default is 1, in production 3")
    storage: Bytes = Field(default="20Gi", description="size of each instance's volume")
    storage_class: Label | None = Field(default=None, description="storage class; none: the cluster's default")
    requests: dict[ResourceName, Quantity] = Field(
        default_factory=lambda: {"cpu": "250m", "memory": "1Gi"}, description="what each instance reserves"
    )
    memory_limit: Bytes = Field(default="1Gi", description="what each instance may not exceed")
    backup: BackupSection | None = Field(default=None, description="scheduled backups; none: no backups")
    restore: RestoreSection | None = Field(
        default=None, description="start from another database's backups; none: empty"
    )
    external: ExternalDatabaseSection | None = Field(default=None, description="the server, with kind external")
    rds: RdsSection | None = Field(default=None, description="the instance, with kind rds")


class MinioSection(Section):
    """A MinIO server in the cluster (AGPL-3.0)."""

    image: Image = Field(description="pinned image of the server; upstream publishes none any more")
    client_image: Image = Field(description="pinned image of the mc client that sets up buckets and users")
    storage: Bytes = Field(default="50Gi", description="size of its volume")
    storage_class: Label | None = Field(default=None, description="storage class; none: the cluster's default")


class S3Section(Section):
    """An S3 bucket: one that is there already, or the stack's own with the section ``aws``."""

    region: Text = Field(description="region of the bucket, for example eu-central-1; with aws: aws.region")
    role_arn: RoleArn | None = Field(default=None, description="IAM role of the tracking server (EKS, IRSA)")
    endpoint: Endpoint | None = Field(default=None, description="URL of an S3-like store; none for AWS S3")
    existing_secret: Label | None = Field(
        default=None, description="Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, instead of a role"
    )


class ArtifactsSection(Section):
    """Where MLflow keeps artifacts."""

    bucket: Bucket = Field(default="mlflow-artifacts", description="bucket of the artifacts")
    access: Literal["proxied", "direct"] = Field(
        default="proxied", description="proxied: clients send artifacts to the tracking server; direct: to the store"
    )
    minio: MinioSection | None = Field(default=None, description="MinIO in the cluster; or s3")
    s3: S3Section | None = Field(default=None, description="an S3 bucket; or minio")


class ExposureSection(Section):
    """How MLflow is reached from outside the cluster."""

    kind: Literal["ingress", "gateway"] = Field(description="a Kubernetes Ingress, or a route of the Istio gateway")
    host: Domain = Field(description="its host name, for example mlflow.example.org")
    class_name: Label | None = Field(default=None, description="class of the Ingress, for example nginx")
    controller_namespace: Label = Field(
        default="ingress-nginx", description="namespace of the Ingress controller, which may reach the pods"
    )
    tls_secret: Label | None = Field(
        default=None, description="Secret with the Ingress's certificate; none: one of cert-manager's"
    )
    annotations: dict[str, str] = Field(
        default_factory=dict, description="annotations of the Ingress, such as the controller's OIDC log-in"
    )


class GarbageCollectionSection(Section):
    """Scheduled removal of what users deleted (``mlflow gc``)."""

    schedule: Cron = Field(default="0 3 * * 0", description="cron schedule, UTC")
    older_than_days: Count = Field(default=30, description="how long deleted runs and their artifacts are kept")


class MlflowSection(Section):
    """The MLflow tracking server and model registry."""

    variant: Literal["own", "communityChart"] = Field(
        default="own", description="own: this project's objects; communityChart: the community Helm chart"
    )
    namespace: Label = Field(default="mlflow", description="its namespace")
    replicas: Count = Field(default=2, description="fewest pods")
    max_replicas: Count | None = Field(default=None, description="most pods; none: no autoscaling")
    workers: Count = Field(default=2, description="worker processes of each pod")
    requests: dict[ResourceName, Quantity] = Field(
        default_factory=lambda: {"cpu": "500m", "memory": "1Gi"}, description="what each pod reserves"
    )
    memory_limit: Bytes = Field(default="2Gi", description="what each pod may not exceed")
    scratch: Bytes = Field(
        default="10Gi", description="disk of each pod for artifacts on their way through; the largest must fit"
    )
    auth: Literal["none", "basic"] = Field(default="basic", description="basic: users with passwords, in the database")
    allowed_hosts: tuple[Text, ...] = Field(default=(), description="further host names that it answers to")
    service_type: Literal["ClusterIP", "LoadBalancer"] = Field(
        default="ClusterIP", description="type of its Service; a load balancer hands on plain HTTP"
    )
    load_balancer_source_ranges: tuple[Network, ...] = Field(
        default=(), description="networks that may reach the load balancer, for example 10.0.0.0/8"
    )
    service_annotations: dict[str, str] = Field(
        default_factory=dict, description="annotations of its Service, such as those of an internal load balancer"
    )
    exposure: ExposureSection | None = Field(
        default=None, description="how it is reached from outside; none: not at all"
    )
    clients: tuple[Label, ...] = Field(default=(), description="further namespaces whose labelled pods may reach it")
    garbage_collection: GarbageCollectionSection | None = Field(
        default=None, description="scheduled mlflow gc; none: never"
    )
    database: DatabaseSection = Field(default_factory=DatabaseSection, description="its database")
    artifacts: ArtifactsSection = Field(description="its artifact store: {minio: {...}} or {s3: {...}}")
