"""The ``KnativeServing`` resource that Knative's operator installs Knative Serving from. Pure functions.

Sources: operator 1.23.0 (``pkg/reconciler/knativeserving``), https://knative.dev/docs/install/operator/configuring-serving-cr/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from mlplatform.config.parts.knative import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config.ingress import IngressSection
    from mlplatform.config.parts.knative import KnativeSection

NAME = "knative-serving"
# One label below the domain, so that a wildcard certificate covers every host, KServe's own pattern.
DOMAIN_TEMPLATE = "{{.Name}}-{{.Namespace}}.{{.Domain}}"
LOCAL_GATEWAY = "knative-local-gateway"
# Labels of the pods of Kourier's gateway, which the operator puts in Knative's own namespace.
KOURIER_GATEWAY = {"app": "3scale-kourier-gateway"}
KOURIER_SERVICE = "kourier"
# The older form of loadBalancerSourceRanges: the operator hands on annotations of a Service, and no part of its spec.
# Source: https://github.com/kubernetes/cloud-provider, service/helpers/helper.go
_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
# Those of Knative 1.23's manifests (2-serving-core.yaml).
BUDGETS = ("activator-pdb", "webhook-pdb")
# Two of everything, for an update of the nodes without an outage.
PRODUCTION_REPLICAS = 2


@dataclass(frozen=True, kw_only=True)
class IstioGateway:
    """The gateway that Knative sends its routes to.

    Attributes:
        namespace: namespace of the ``Gateway``, and of its pods and Service.
        name: name of the ``Gateway``.
        service: name of the Service of its pods.
        selector: labels of its pods.

    """

    namespace: str
    name: str
    service: str
    selector: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class KnativeServingSpec:
    """What Knative Serving is made of.

    Attributes:
        version: version of Knative Serving, the operator's own.
        settings: the stack's settings of Knative.
        ingress: how requests come in.
        gateway: Istio's gateway; ``None`` with Kourier.
        strict_mesh: pods are reached through sidecars only, never by their address.
        issuer: ClusterIssuer of the certificates that Knative asks for itself, with Kourier and TLS.
        features: ``config-features``, see :func:`components.parts.knative_features.knative_features`.
        namespace_labels: labels of its namespace, which the operator would otherwise not know of.
        images: container -> image, where it is not the operator's own name: from a mirror, or pinned here.
        production: whether the control plane is highly available.
        metrics: whether pods count requests for Prometheus themselves, because no sidecar does.
        load_balancer: annotations of the Service of Kourier's gateway.

    """

    version: str
    settings: KnativeSection
    ingress: IngressSection
    gateway: IstioGateway | None = None
    strict_mesh: bool = False
    issuer: str | None = None
    features: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    production: bool = False
    metrics: bool = False
    load_balancer: Mapping[str, str] = field(default_factory=dict)


def knative_serving(spec: KnativeServingSpec) -> dict[str, Any]:
    """Return the ``KnativeServing`` manifest."""
    annotations = {"pulumi.com/waitFor": "condition=Ready"} if spec.settings.await_ready else {}
    return {
        "apiVersion": "operator.knative.dev/v1beta1",
        "kind": "KnativeServing",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": labels(),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": {
            "version": spec.version,
            "high-availability": {"replicas": PRODUCTION_REPLICAS if spec.production else 1},
            "namespace": {"labels": dict(spec.namespace_labels)},
            "ingress": _ingress(spec),
            "config": _config(spec),
            # Knative's own budgets, 80 % of the pods, never let go of one among fewer than five: no node with such a
            # pod could be drained (knative/operator issue 1701).
            "podDisruptionBudgets": [{"name": name, "maxUnavailable": 1} for name in BUDGETS],
            **({"registry": {"override": dict(spec.images)}} if spec.images else {}),
            **_services(spec),
        },
    }


def local_gateway_service(gateway: IstioGateway) -> str:
    """Return the host of the Service behind which Knative answers to the cluster itself."""
    return f"{LOCAL_GATEWAY}.{gateway.namespace}.svc.cluster.local"


def _ingress(spec: KnativeServingSpec) -> dict[str, Any]:
    if spec.gateway is None:
        return {"kourier": {"enabled": True, "service-type": spec.ingress.service_type}}
    selector = {"selector": dict(spec.gateway.selector)}
    return {"istio": {"enabled": True, "knative-ingress-gateway": selector, "knative-local-gateway": selector}}


def _services(spec: KnativeServingSpec) -> dict[str, Any]:
    if spec.gateway is not None:
        return {}
    ranges = {_SOURCE_RANGES: ",".join(spec.ingress.source_ranges)} if spec.ingress.source_ranges else {}
    annotations = {**spec.load_balancer, **ranges}
    return {"services": [{"name": KOURIER_SERVICE, "annotations": annotations}]} if annotations else {}


def _config(spec: KnativeServingSpec) -> dict[str, dict[str, str]]:
    config = {
        # The empty value makes it the domain of everything.
        "domain": {spec.ingress.domain: ""},
        "network": _network(spec),
        "autoscaler": _autoscaler(spec),
        "features": dict(spec.features),
    }
    if spec.gateway is not None:
        config["istio"] = _istio(spec.gateway)
    if spec.issuer is not None:
        config["certmanager"] = {"issuerRef": f"kind: ClusterIssuer\nname: {spec.issuer}\n"}
    if spec.metrics:
        config["observability"] = {"request-metrics-protocol": "prometheus"}
    if queue := spec.images.get("queue-proxy"):
        config["deployment"] = {"queue-sidecar-image": queue}
    return {name: entries for name, entries in config.items() if entries}


def _network(spec: KnativeServingSpec) -> dict[str, str]:
    network = {
        "ingress-class": f"{spec.ingress.ingress_class}.ingress.networking.knative.dev",
        "domain-template": DOMAIN_TEMPLATE,
        "default-external-scheme": "https" if spec.ingress.tls else "http",
    }
    if spec.issuer is not None:
        network |= {"external-domain-tls": "Enabled", "http-protocol": "Redirected"}
    if spec.strict_mesh:
        # The mesh refuses what is sent to a pod's own address, so Knative always goes through its Service.
        network["mesh-compatibility-mode"] = "enabled"
    return network


def _autoscaler(spec: KnativeServingSpec) -> dict[str, str]:
    autoscaler = spec.settings.autoscaler
    return {
        "enable-scale-to-zero": "true" if autoscaler.scale_to_zero else "false",
        "scale-to-zero-grace-period": f"{autoscaler.scale_to_zero_grace_seconds}s",
        "stable-window": f"{autoscaler.stable_window_seconds}s",
    }


def _istio(gateway: IstioGateway) -> dict[str, str]:
    """Return ``config-istio`` in its older form, one key a gateway.

    From the newer form the operator (1.23) takes the namespace of the local ``Gateway`` for that of the Service behind
    it (``ingress_service.go``), where no pod of the gateway is. The forms cannot be mixed.
    """
    return {
        f"gateway.{gateway.namespace}.{gateway.name}": f"{gateway.service}.{gateway.namespace}.svc.cluster.local",
        f"local-gateway.{NAMESPACE}.{LOCAL_GATEWAY}": local_gateway_service(gateway),
    }
