"""The stack's configuration: one typed, frozen model.

Every key of ``Pulumi.<stack>.yaml`` under ``mlplatform:`` is a field here; unknown keys are refused. Rules that span
several fields live in :mod:`mlplatform.config.rules`, so that one wrong field does not hide them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlplatform.config.addresses import (
    EMBEDDED_URI,
    Endpoint,
    RegistryUri,
    ReleasePlace,
    StorePrefix,
    StoreTarget,
    local_port,
)
from mlplatform.config.aws_defaults import with_aws_regions
from mlplatform.config.default_resources import MODEL, completed
from mlplatform.config.engines import AUTO, ENGINES, EngineName
from mlplatform.config.fields import (
    Alias,
    Count,
    CountOrZero,
    DeploymentName,
    Label,
    Quantity,
    ResourceName,
    RoleArn,
    Section,
    Text,
    Version,
)
from mlplatform.config.platform import PlatformSettings
from mlplatform.config.secret import SecretField
from mlplatform.config.tenancy import Team
from mlplatform.config.training import Training

MetricDirection = Literal["higher", "lower", "neutral"]


class RegistrySection(Section):
    """The MLflow model registry that the models come from."""

    uri: RegistryUri = Field(description="URI of the MLflow server, for example http://127.0.0.1:5500")
    tracking_uri: RegistryUri | None = Field(
        default=None, description="URI of the tracking server where it is not the registry's"
    )
    mode: Literal["live", "locked"] = Field(
        default="live",
        description="live: aliases are resolved on every preview; locked: the stack's lock files say what is served",
    )
    verify: Literal["required", "whenReachable"] = Field(
        default="required",
        description="locked: whether a registry that does not answer stops the preview, or only marks it UNVERIFIED",
    )
    artifact_stores: dict[StorePrefix, StoreTarget] = Field(
        default_factory=dict,
        description="URI prefix of the registry -> where model servers read it; longest prefix wins",
    )
    username: Text | None = Field(default=None, description="user of the server's basic auth")
    password: SecretField | None = Field(default=None, description="password of that user, a secure value")
    token: SecretField | None = Field(default=None, description="bearer token instead of a user, a secure value")
    timeout_seconds: Annotated[int, Field(strict=True, ge=1, le=60)] = Field(
        default=5, description="time-out of one request, in whole seconds"
    )
    retries: Annotated[int, Field(strict=True, ge=0, le=5)] = Field(
        default=2, description="further tries after a request that failed for a passing reason"
    )

    deadline_seconds: Annotated[int, Field(strict=True, ge=1, le=3600)] = Field(
        default=60, description="time for everything that one preview asks the registry, in whole seconds"
    )

    embedded: bool | None = Field(
        default=None,
        description=f"whether uri is the embedded registry, which a preview starts; by default only {EMBEDDED_URI} is",
    )

    @property
    def is_embedded(self) -> bool:
        """Whether the registry is the embedded one, at the port of ``uri``."""
        port = local_port(self.uri)
        return port is not None and (port == local_port(EMBEDDED_URI) if self.embedded is None else self.embedded)

    @property
    def effective_tracking_uri(self) -> str:
        """URI that runs and logged models are read from."""
        return self.tracking_uri or self.uri


class StoreCredentialsSection(Section):
    """Static credentials of the object store, for MinIO and the like."""

    access_key_id: Text = Field(description="access key id of a user that may only read the models")
    secret_access_key: SecretField = Field(description="its secret key, a secure value")


class ObjectStoreSection(Section):
    """How model servers reach the object store that the models lie in."""

    service_account: Label = Field(
        default="model-reader", description="service account that the stack creates in every model namespace"
    )
    role_arn: RoleArn | None = Field(default=None, description="IAM role of the service account (EKS, IRSA)")
    endpoint: Endpoint | None = Field(default=None, description="URL of a MinIO or MinIO-like store; none for AWS S3")
    region: Text | None = Field(default=None, description="region of the bucket, for example eu-central-1")
    credentials: StoreCredentialsSection | None = Field(
        default=None, description="static credentials, kept in a Secret"
    )
    minio: bool = Field(default=False, description="the models lie in the stack's own MinIO (mlflow.artifacts)")
    existing_secret: Label | None = Field(
        default=None, description="name of a Secret with the credentials that somebody else keeps in each namespace"
    )


class ReleaseStoreSection(Section):
    """Where locked models are served from: written once by ``lock``, never overwritten."""

    uri: ReleasePlace = Field(description="bucket and prefix of the releases, for example s3://model-releases/prod")
    endpoint: Endpoint | None = Field(
        default=None, description="URL of a MinIO or MinIO-like store as this machine reaches it; none for AWS S3"
    )
    region: Text | None = Field(default=None, description="region of the bucket, for example eu-central-1")
    profile: Text | None = Field(default=None, description="AWS profile to use here; none: the usual credentials")
    verify: Literal["required", "whenReachable"] = Field(
        default="required",
        description="whether a release store that does not answer stops the preview, or only marks it UNVERIFIED",
    )

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """``folder/`` in the bucket that all releases lie under; empty for the whole bucket."""
        folders = self.uri.removeprefix("s3://").partition("/")[2]
        return f"{folders}/" if folders else ""


class ResourcesSection(Section):
    """Requests and limits of one model server container; what is left out has its default."""

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, raw: Any) -> Any:
        return completed(raw, MODEL)

    requests: dict[ResourceName, Quantity] = Field(default_factory=dict, description="what the scheduler reserves")
    limits: dict[ResourceName, Quantity] = Field(default_factory=dict, description="what the container may not exceed")


DEFAULT_RESOURCES = ResourcesSection.model_validate(MODEL)


class Model(Section):
    """One model deployment: which version is served, and how."""

    name: DeploymentName = Field(description="name of the deployment and its endpoint")
    registered_model: Text = Field(description="name of the registered model in MLflow")
    alias: Alias | None = Field(default=None, description="registry alias to follow, for example champion")
    version: Version | None = Field(default=None, description='fixed version instead of an alias, for example "3"')
    serving: EngineName = Field(description="serving engine")
    runtime: Label = Field(
        default=AUTO,
        description="runtime of KServe: one of kserve.runtimes, or another of the cluster; auto: its own",
    )
    namespace: Label = Field(description="Kubernetes namespace, created by the stack")
    min_replicas: CountOrZero = Field(default=1, description="fewest replicas; 0 only with kserve")
    max_replicas: Count | None = Field(
        default=None, description="most replicas; the default is minReplicas (at least 1): no autoscaling"
    )
    resources: ResourcesSection = Field(
        default=DEFAULT_RESOURCES, description="requests and limits of the model server"
    )

    @property
    def effective_max_replicas(self) -> int:
        """Most replicas, with the default applied."""
        return self.max_replicas if self.max_replicas is not None else max(self.min_replicas, 1)

    @property
    def effective_runtime(self) -> str:
        """Name of what serves it: a runtime of KServe, or a pre-packaged server of Seldon."""
        return ENGINES[self.serving].runtime(self.runtime).name


class Settings(PlatformSettings):
    """Everything that the stack's configuration says; the sections of the parts come from their descriptors."""

    @model_validator(mode="before")
    @classmethod
    def _one_region(cls, raw: Any) -> Any:
        return with_aws_regions(raw)

    teams: tuple[Team, ...] = Field(default=(), description="list of teams, each with a namespace of its own")
    training: tuple[Training, ...] = Field(default=(), description="list of training jobs")
    registry: RegistrySection = Field(description="the MLflow registry, for example {uri: http://127.0.0.1:5500}")
    object_store: ObjectStoreSection = Field(
        default_factory=ObjectStoreSection, description="how model servers reach the models"
    )
    release_store: ReleaseStoreSection | None = Field(default=None, description="where locked models are served from")
    metric_directions: dict[Text, MetricDirection] = Field(
        default_factory=dict, description="metric -> higher, lower (is better) or neutral, beside the known ones"
    )
    models: tuple[Model, ...] = Field(default=(), description="list of model deployments; [] for none")
    retired_models: tuple[DeploymentName, ...] = Field(
        default=(),
        description="names of deployments that may go: more than half of a stack's models are retired by consent only",
    )
