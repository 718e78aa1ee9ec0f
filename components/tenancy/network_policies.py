"""Network policies of a namespace: everything is denied, and each opening is an object of its own. Pure functions.

Ports are those of the pods, not of Services: a policy judges traffic after the Service's translation. What comes from
the pod's own node (the kubelet's probes and lifecycle hooks, on Knative's port 8022 for example) is always allowed, so
it needs no opening; the API server calls webhooks in the namespaces of their controllers, never pods here; and no pod
here calls the Kubernetes API. https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import MLFLOW_CLIENT, labels
from components.kubernetes.network_policies import (
    PodPeer,
    allow_dns,
    default_deny,
    egress_rule,
    having,
    ingress_rule,
    labelled,
    networks,
    policy,
    store_egress,
    url_egress,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.kubernetes.network_policies import Manifest, Rule
    from components.kubernetes.object_stores import ObjectStore
    from components.serving.engines import Engine
    from components.tenancy.platform_endpoints import PlatformEndpoints
    from mlplatform.config.tenancy import LogSinkSection

# Tunnel between the pods of an ambient mesh, whatever port is meant inside of it.
HBONE = 15008
# Istio's agent hands out its own and the application's metrics here, beside mutual TLS.
ISTIO_MERGED_METRICS = 15020
ISTIOD_XDS = 15012


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the pods of a namespace do.

    Attributes:
        engines: the serving engines used in it.
        store: the object store that its model servers read.
        training: name of each training job -> URLs that it reaches beside MLflow.
        log_sink: collector that request logs are sent to.
        team: whether it is a team's, whose editors start jobs of their own.

    """

    engines: tuple[Engine, ...] = ()
    store: ObjectStore | None = None
    training: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_sink: LogSinkSection | None = None
    team: bool = False


def network_policies(namespace: str, platform: PlatformEndpoints, traffic: Traffic) -> list[Manifest]:
    """Return the network policies of a namespace: the denial, then each opening that its pods need."""
    policies = [default_deny(namespace), allow_dns(namespace)]
    if platform.mesh == "sidecar":
        policies.append(allow_istiod(namespace, platform))
        if platform.prometheus:
            policies.append(allow_prometheus_of_sidecars(namespace, platform.prometheus))
    if platform.mesh == "ambient":
        policies.append(allow_ambient_probes(namespace))
    for engine in traffic.engines:
        policies += _of_models(namespace, platform, engine, traffic)
    if (traffic.training or traffic.team) and platform.tracking_uri:
        policies.append(allow_mlflow(namespace, platform))
    policies += [allow_data(namespace, platform, job, urls) for job, urls in sorted(traffic.training.items()) if urls]
    return policies


def _of_models(namespace: str, platform: PlatformEndpoints, engine: Engine, traffic: Traffic) -> Iterator[Manifest]:
    yield allow_gateway(namespace, platform, engine)
    if engine.ports(platform.kserve_mode).activator:
        yield allow_knative(namespace, platform, engine)
    if traffic.store:
        yield allow_store(namespace, platform, traffic.store, engine)
    if traffic.log_sink:
        yield allow_log_sink(namespace, platform, traffic.log_sink, engine)
    if platform.prometheus and platform.mesh != "sidecar":
        yield allow_prometheus(namespace, platform, platform.prometheus, engine)


def allow_istiod(namespace: str, platform: PlatformEndpoints) -> Manifest:
    """Sidecars fetch their configuration and certificates from istiod (TLS); in an ambient mesh ztunnel does."""
    istiod = PodPeer(namespace=platform.istio_namespace, labels={"app": "istiod"})
    rule = egress_rule([istiod.peer()], ISTIOD_XDS)
    return policy(namespace, "allow-istiod", "Sidecars get configuration and certificates.", {}, egress=[rule])


def allow_ambient_probes(namespace: str) -> Manifest:
    """In an ambient mesh the kubelet's probes arrive from a fixed link-local address instead of the node's.

    Source: https://istio.io/latest/docs/ambient/usage/networkpolicy/
    """
    addresses = ("169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128")
    rule = {"from": networks(addresses)}
    return policy(namespace, "allow-ambient-probes", "The kubelet's probes in an ambient mesh.", {}, ingress=[rule])


def allow_gateway(namespace: str, platform: PlatformEndpoints, engine: Engine) -> Manifest:
    """Requests come from the gateway to the port that serves them: queue-proxy, the model server, or the executor."""
    ports = engine.ports(platform.kserve_mode).gateway
    rule = ingress_rule([platform.gateway.peer()], *_meshed(platform, *ports))
    name, pods = f"allow-gateway-{engine.name}", _pods_of(engine)
    return policy(namespace, name, "Requests from the gateway.", pods, ingress=[rule])


def allow_knative(namespace: str, platform: PlatformEndpoints, engine: Engine) -> Manifest:
    """The activator buffers requests of models at zero and probes queue-proxy; the autoscaler reads its concurrency.

    Source: knative/serving 1.23, cmd/activator and pkg/autoscaler/metrics/stats_scraper.go
    """
    activator, autoscaler = (
        PodPeer(namespace=platform.knative_namespace, labels={"app": app}) for app in ("activator", "autoscaler")
    )
    ports = engine.ports(platform.kserve_mode)
    rules = [
        ingress_rule([activator.peer()], *_meshed(platform, *ports.activator)),
        ingress_rule([autoscaler.peer()], *_meshed(platform, *ports.autoscaler)),
    ]
    return policy(namespace, "allow-knative", "Knative's activator and autoscaler.", _pods_of(engine), ingress=rules)


def allow_store(namespace: str, platform: PlatformEndpoints, store: ObjectStore, engine: Engine) -> Manifest:
    """Storage initializers fetch the model; an IAM role or Pod Identity needs its issuer as well."""
    rules = store_egress(store, namespace=namespace, tunnel=_tunnel(platform))
    name, pods = f"allow-store-{engine.name}", _pods_of(engine)
    return policy(namespace, name, "Models from the object store.", pods, egress=rules)


def allow_log_sink(namespace: str, platform: PlatformEndpoints, sink: LogSinkSection, engine: Engine) -> Manifest:
    """Request logs are sent to a collector, which may be in the mesh."""
    rule = egress_rule([PodPeer(namespace=sink.namespace).peer()], *_meshed(platform, sink.port))
    return policy(namespace, f"allow-log-sink-{engine.name}", "Request logs.", _pods_of(engine), egress=[rule])


def allow_prometheus(namespace: str, platform: PlatformEndpoints, prometheus: PodPeer, engine: Engine) -> Manifest:
    """Without sidecars Prometheus reads metrics from the containers of the models themselves."""
    ports = engine.ports(platform.kserve_mode).prometheus
    rule = ingress_rule([prometheus.peer()], *_meshed(platform, *ports))
    name, pods = f"allow-prometheus-{engine.name}", _pods_of(engine)
    return policy(namespace, name, "Metrics for Prometheus.", pods, ingress=[rule])


def allow_prometheus_of_sidecars(namespace: str, prometheus: PodPeer) -> Manifest:
    """Prometheus reads every sidecar's agent, that of a training job, too; it adds the metrics of its neighbours."""
    rule = ingress_rule([prometheus.peer()], ISTIO_MERGED_METRICS)
    return policy(namespace, "allow-prometheus", "Metrics of sidecars for Prometheus.", {}, ingress=[rule])


def allow_mlflow(namespace: str, platform: PlatformEndpoints) -> Manifest:
    """Training jobs, the stack's and a team's own, log runs and register versions.

    The stack's MLflow is outside of the mesh, so no tunnel leads to it.
    """
    if platform.mlflow:
        rules: list[Rule] = [egress_rule([platform.mlflow.peer()], platform.mlflow_port)]
    else:
        urls = [url for url in (platform.tracking_uri, platform.registry_uri) if url]
        rules = [rule for url in urls for rule in url_egress(url, namespace=namespace, tunnel=_tunnel(platform))]
    return policy(namespace, "allow-mlflow", "Runs and versions to MLflow.", labelled(MLFLOW_CLIENT), egress=rules)


def allow_data(namespace: str, platform: PlatformEndpoints, job: str, urls: tuple[str, ...]) -> Manifest:
    """A training job reads its data, and writes its artifacts where MLflow does not do it."""
    pods = labelled({**labels(job), "app.kubernetes.io/component": "training"})
    rules = [rule for url in urls for rule in url_egress(url, namespace=namespace, tunnel=_tunnel(platform))]
    return policy(namespace, f"allow-data-{job}", f"Data and artifacts of {job}.", pods, egress=rules)


def _pods_of(engine: Engine) -> dict[str, Any]:
    return having(engine.pod_label)


def _tunnel(platform: PlatformEndpoints) -> int | None:
    return HBONE if platform.mesh == "ambient" else None


def _meshed(platform: PlatformEndpoints, *ports: int) -> tuple[int, ...]:
    """Return the ports between two pods of the mesh: an ambient one tunnels them all through its own."""
    tunnel = _tunnel(platform)
    return (*ports, tunnel) if tunnel else ports
