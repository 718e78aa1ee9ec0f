"""The stack's configuration: one typed, frozen model.

Every key of ``Pulumi.<stack>.yaml`` under ``mlplatform:`` is a field here; unknown keys are refused. Rules that span
several fields live in :mod:`settings.rules`, so that one wrong field does not hide them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from settings.quantity import parse_quantity
from settings.secret import SecretField

# Object stores that a serving engine can be given access to here. KServe 0.20 knows no other bucket than these two
# (pkg/controller/v1beta1/inferenceservice/utils); Seldon's rclone initializer knows what its Secret configures: s3.
STORE_SCHEMES = ("s3", "gs")
_REGISTRY_SCHEMES = ("http", "https", "sqlite")
_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_RESOURCE_NAME = re.compile(r"cpu|memory|ephemeral-storage|[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9._-]+")
# MLflow keeps version numbers as 32-bit integers.
_MAX_VERSION = 2**31 - 1
MAX_LABEL = 63
# "<name>-predictor" must stay a DNS label.
MAX_DEPLOYMENT_NAME = MAX_LABEL - len("-predictor")


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{message}", {"message": message})


def _dns_label(limit: int, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > limit or not _DNS_LABEL.fullmatch(value):
            reason = (
                f"'{value}' is not a valid {what}; use at most {limit} lower-case letters, digits and '-', "
                "starting with a letter and ending with a letter or digit"
            )
            raise _wrong(reason)
        return value

    return AfterValidator(check)


def _version_text(value: Any) -> Any:
    """Accept ``version: 3`` beside ``version: "3"``: YAML users write either."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _version(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*", value) or int(value) > _MAX_VERSION:
        reason = (
            f"'{value}' is not a version number; write a number such as \"3\", or use alias: for a name "
            "(stages and 'latest' are moving names and are never deployed)"
        )
        raise _wrong(reason)
    return value


def _quantity_text(value: Any) -> Any:
    """Accept ``cpu: 1`` and ``cpu: 0.5`` as YAML reads them."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _quantity(value: str) -> str:
    try:
        parse_quantity(value)
    except ValueError as error:
        reason = f"{error}; write an amount such as 500m, 2 or 1Gi"
        raise _wrong(reason) from None
    return value


def _resource_name(value: str) -> str:
    if not _RESOURCE_NAME.fullmatch(value):
        reason = f"'{value}' is not a resource; use cpu, memory, ephemeral-storage or a device such as nvidia.com/gpu"
        raise _wrong(reason)
    return value


def _parts(value: str) -> SplitResult:
    """Split a URI that may hold anything; nothing of one with credentials is ever echoed."""
    if "@" in value:
        reason = (
            "carries credentials in plain text, or an '@' that looks like it; leave them out: registry.password and "
            "objectStore.credentials are their places"
        )
        raise _wrong(reason)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _wrong(
            "is not a valid URI: its host or port is broken; write for example http://127.0.0.1:5500"
        ) from None
    if parts.query or parts.fragment:
        raise _wrong("must end with the path: no '?' or '#', where a token could hide")
    if parts.scheme in {"http", "https"} and not host:
        raise _wrong("names no host; write for example http://127.0.0.1:5500")
    return parts


def _registry_uri(value: str) -> str:
    parts = _parts(value)
    if parts.scheme not in _REGISTRY_SCHEMES:
        reason = f"'{parts.scheme or value}' is not a registry this can read; use http://, https:// or sqlite:///"
        raise _wrong(reason)
    if parts.scheme == "sqlite" and (not value.startswith("sqlite:///") or value == "sqlite:///"):
        raise _wrong("names no database file; write sqlite:///path/to/mlflow.db")
    return value


def _url(value: str) -> str:
    if _parts(value).scheme not in {"http", "https"}:
        raise _wrong(f"'{value}' is not a URL; write for example http://minio.example.org:9000")
    return value


def _store_prefix(value: str) -> str:
    # "container@account" is how Azure names a place; a password comes after a colon.
    if re.search(r"//[^/]*:[^/]*@|https?://[^/]*@", value):
        raise _wrong("carries credentials in plain text; leave them out")
    if not re.match(r"[a-z][a-z0-9+.-]*:/", value):
        raise _wrong(f"'{value}' is not a URI prefix; write for example mlflow-artifacts:/ or file:///data/")
    return value


def _store_target(value: str) -> str:
    if _parts(value).scheme not in STORE_SCHEMES or "://" not in value:
        allowed = " or ".join(f"{name}://" for name in STORE_SCHEMES)
        raise _wrong(f"'{value}' is not a place that model servers can read; use {allowed}")
    return value


def _kubeconfig_path(value: str) -> str:
    if "\n" in value or value.lstrip().startswith(("apiVersion", "{")):
        raise _wrong("must be the path of a kubeconfig file; its content holds credentials and belongs nowhere in here")
    return value


def _role_arn(value: str) -> str:
    if not _ROLE_ARN.fullmatch(value):
        raise _wrong(f"'{value}' is not an IAM role; write arn:aws:iam::<12 digit account>:role/<name>")
    return value


DeploymentName = Annotated[str, _dns_label(MAX_DEPLOYMENT_NAME, "deployment name")]
Label = Annotated[str, _dns_label(MAX_LABEL, "Kubernetes name")]
Text = Annotated[str, Field(min_length=1)]
Version = Annotated[str, BeforeValidator(_version_text), AfterValidator(_version)]
Quantity = Annotated[str, BeforeValidator(_quantity_text), AfterValidator(_quantity)]
ResourceName = Annotated[str, AfterValidator(_resource_name)]
RegistryUri = Annotated[str, AfterValidator(_registry_uri)]
StorePrefix = Annotated[str, AfterValidator(_store_prefix)]
StoreTarget = Annotated[str, AfterValidator(_store_target)]
Endpoint = Annotated[str, AfterValidator(_url)]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=False,
        strict=False,
        arbitrary_types_allowed=True,
    )


class Cluster(_Frozen):
    """The Kubernetes cluster that the stack works on."""

    kind: Literal["existing"] = Field(description="existing: a cluster that a kubeconfig context reaches")
    context: Text = Field(description="name of the kubeconfig context, for example mlplatform-dev")
    kubeconfig: Annotated[str, Field(min_length=1), AfterValidator(_kubeconfig_path)] | None = Field(
        default=None, description="path of the kubeconfig file; the default is kubectl's"
    )


class Registry(_Frozen):
    """The MLflow model registry that the models come from."""

    uri: RegistryUri = Field(description="URI of the MLflow server, for example http://127.0.0.1:5500")
    tracking_uri: RegistryUri | None = Field(
        default=None, description="URI of the tracking server where it is not the registry's"
    )
    mode: Literal["live", "locked"] = Field(default="live", description="live: aliases are resolved on every preview")
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

    @property
    def effective_tracking_uri(self) -> str:
        """URI that runs and logged models are read from."""
        return self.tracking_uri or self.uri


class StoreCredentials(_Frozen):
    """Static credentials of the object store, for MinIO and the like."""

    access_key_id: Text = Field(description="access key id of a user that may only read the models")
    secret_access_key: SecretField = Field(description="its secret key, a secure value")


class ObjectStore(_Frozen):
    """How model servers reach the object store that the models lie in."""

    service_account: Label = Field(
        default="model-reader", description="service account that the stack creates in every model namespace"
    )
    role_arn: Annotated[str, AfterValidator(_role_arn)] | None = Field(
        default=None, description="IAM role of the service account (EKS, IRSA)"
    )
    endpoint: Endpoint | None = Field(default=None, description="URL of a MinIO or MinIO-like store; none for AWS S3")
    region: Text | None = Field(default=None, description="region of the bucket, for example eu-central-1")
    credentials: StoreCredentials | None = Field(default=None, description="static credentials, kept in a Secret")
    existing_secret: Label | None = Field(
        default=None, description="name of a Secret with the credentials that somebody else keeps in each namespace"
    )


class Resources(_Frozen):
    """Requests and limits of one model server container."""

    requests: dict[ResourceName, Quantity] = Field(default_factory=dict, description="what the scheduler reserves")
    limits: dict[ResourceName, Quantity] = Field(default_factory=dict, description="what the container may not exceed")


DEFAULT_RESOURCES = Resources(requests={"cpu": "500m", "memory": "1Gi"}, limits={"memory": "2Gi"})


class Model(_Frozen):
    """One model deployment: which version is served, and how."""

    name: DeploymentName = Field(description="name of the deployment and its endpoint")
    registered_model: Text = Field(description="name of the registered model in MLflow")
    alias: Text | None = Field(default=None, description="registry alias to follow, for example champion")
    version: Version | None = Field(default=None, description='fixed version instead of an alias, for example "3"')
    serving: Literal["kserve", "seldon"] = Field(description="serving engine")
    namespace: Label = Field(description="Kubernetes namespace, created by the stack")
    min_replicas: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=1, description="fewest replicas; 0 only with kserve"
    )
    max_replicas: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        default=None, description="most replicas; the default is minReplicas (at least 1): no autoscaling"
    )
    resources: Resources = Field(default=DEFAULT_RESOURCES, description="requests and limits of the model server")

    @property
    def effective_max_replicas(self) -> int:
        """Most replicas, with the default applied."""
        return self.max_replicas if self.max_replicas is not None else max(self.min_replicas, 1)


class Settings(_Frozen):
    """Everything that the stack's configuration says."""

    cluster: Cluster = Field(description="the cluster, for example {kind: existing, context: mlplatform-dev}")
    registry: Registry = Field(description="the MLflow registry, for example {uri: http://127.0.0.1:5500}")
    object_store: ObjectStore = Field(default_factory=ObjectStore, description="how model servers reach the models")
    models: tuple[Model, ...] = Field(default=(), description="list of model deployments; [] for none")
