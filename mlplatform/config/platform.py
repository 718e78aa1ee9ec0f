"""Settings of the serving platform on the cluster: certificates, mesh, ingress, Knative, KServe, Seldon, monitoring.

Every section is optional: without it the stack installs nothing of the kind, for clusters that have it already.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlplatform.config.fields import (
    ChartMirror,
    Count,
    Domain,
    Endpoint,
    Image,
    ImagePrefix,
    Label,
    Quantity,
    RoleArn,
    Section,
    Text,
    wrong,
)
from mlplatform.config.networks import any_network


class Mirror(Section):
    """Own sources of everything third-party."""

    charts: ChartMirror | None = Field(
        default=None, description="oci://host/path, https://host/path (a chart museum) or a folder of .tgz files"
    )
    images: ImagePrefix | None = Field(
        default=None,
        description="prefix of every image, before its full name: registry.example.org/mirror gives "
        "registry.example.org/mirror/quay.io/jetstack/...",
    )


class Dns01(Section):
    """ACME's DNS-01 challenge, solved in Route 53."""

    hosted_zone_id: Text = Field(description="id of the hosted zone of the domain")
    region: Text = Field(description="AWS region, for example eu-central-1; with aws: aws.region")
    role_arn: RoleArn | None = Field(default=None, description="IAM role that may change only this zone")


class Issuer(Section):
    """Who signs the platform's certificates."""

    kind: Literal["selfSigned", "letsEncryptStaging", "letsEncryptProduction"] = Field(
        default="selfSigned", description="selfSigned (development), letsEncryptStaging or letsEncryptProduction"
    )
    email: Text | None = Field(default=None, description="contact of the ACME account; required with Let's Encrypt")
    dns01: Dns01 | None = Field(default=None, description="Route 53 zone of the DNS-01 challenge; none: HTTP-01")


class CertManager(Section):
    """cert-manager and the ClusterIssuer that the platform's certificates come from."""

    issuer: Issuer = Field(default_factory=Issuer, description="who signs the platform's certificates")


def _source_range(value: str) -> str:
    try:
        return str(any_network(value))
    except ValueError as error:
        raise wrong(str(error)) from None


SourceRange = Annotated[str, AfterValidator(_source_range)]


class Ingress(Section):
    """How requests come in."""

    ingress_class: Literal["istio", "kourier"] = Field(
        default="istio", alias="class", description="istio, or kourier (Knative without a mesh gateway)"
    )
    domain: Domain = Field(description="domain of all hosts, for example models.example.org")
    tls: bool = Field(default=True, description="gateways terminate TLS with a certificate of the issuer")
    service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        default="LoadBalancer", description="type of the gateway's Service"
    )
    source_ranges: tuple[SourceRange, ...] = Field(
        default=(), description="networks that reach the load balancer, for example 203.0.113.0/24; none: every one"
    )
    internal: bool = Field(
        default=False, description="with aws: load balancers are reached from the network alone, not from the internet"
    )


class Istio(Section):
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


class KnativeAutoscaler(Section):
    """Knative's autoscaler (``config-autoscaler``)."""

    scale_to_zero: bool = Field(default=True, description="whether idle models may scale to zero")
    scale_to_zero_grace_seconds: Annotated[int, Field(strict=True, ge=6)] = Field(
        default=30, description="how long the last pod is kept while traffic moves to the activator"
    )
    stable_window_seconds: Annotated[int, Field(strict=True, ge=6, le=3600)] = Field(
        default=60, description="window over which concurrency is averaged"
    )


class Knative(Section):
    """Knative Serving, installed by its operator."""

    autoscaler: KnativeAutoscaler = Field(default_factory=KnativeAutoscaler, description="Knative's autoscaler")
    await_ready: bool = Field(
        default=True, description="wait until Knative says that it is ready; false in the sandbox, where nothing runs"
    )


class ServingRuntime(Section):
    """An own KServe runtime for the whole cluster."""

    name: Label = Field(description="name that deployments ask for")
    image: Image = Field(description="pinned image of the model server")
    formats: dict[Label, Text] = Field(description='model format -> version, for example {mlflow: "2"}')
    protocol: Literal["v1", "v2", "grpc-v2"] = Field(default="v2", description="inference protocol")
    args: tuple[str, ...] = Field(default=(), description="arguments of the model server")
    env: dict[str, str] = Field(default_factory=dict, description="environment of the model server; no secrets")


class KServe(Section):
    """KServe and its runtimes."""

    mode: Literal["Knative", "Standard"] = Field(default="Knative", description="default deployment mode")
    runtimes: tuple[ServingRuntime, ...] = Field(default=(), description="own runtimes beside KServe's")


class Seldon(Section):
    """Seldon Core v1."""

    version: Text | None = Field(default=None, description="chart version; the default is the row's, under Apache-2.0")
    accept_license: bool = Field(
        default=False, description="accept the Business Source License of Seldon Core 1.18 and later"
    )


class Monitoring(Section):
    """Prometheus: an existing one, or the whole stack."""

    stack: Literal["existing", "kubePrometheusStack"] = Field(
        default="existing", description="existing: only ServiceMonitors, alerts and dashboards for it"
    )
    namespace: Label = Field(default="monitoring", description="namespace of the existing Prometheus")
    prometheus_url: Endpoint | None = Field(
        default=None, description="URL of the existing Prometheus inside the cluster, for prometheusAdapter"
    )
    storage: Quantity | None = Field(
        default=None,
        description="volume of each Prometheus of kubePrometheusStack; the default is none, in production 50Gi",
    )
    storage_class: Label | None = Field(
        default=None, description="storage class of the volumes of kubePrometheusStack; the default is the cluster's"
    )
    prometheus_adapter: bool = Field(
        default=False, description="serves the pods metric requests_per_second; autoscalers of your own may ask for it"
    )
    keda: bool = Field(default=False, description="installs KEDA; the stack makes no ScaledObjects yet")
    labels: dict[str, str] = Field(
        default_factory=lambda: {"release": "kube-prometheus-stack"},
        description="labels that the Prometheus selects ServiceMonitors and rules by",
    )
