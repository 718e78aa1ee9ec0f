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
from components.kubernetes.network_policies import MODEL_PODS, allow_dns, default_deny, policy, tcp
from components.tenancy.platform_endpoints import Place
from components.tenancy.store_openings import store_rules, url_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.kubernetes.network_policies import Manifest, Rules
    from components.kubernetes.object_stores import Engine, StoreAccess
    from components.tenancy.platform_endpoints import Surroundings
    from mlplatform.config.tenancy import LogSink

# Tunnel between the pods of an ambient mesh, whatever port is meant inside of it.
HBONE = 15008
# Knative 1.23 pkg/networking/constants.go: queue-proxy's ports for HTTP/1, HTTP/2 and, with TLS inside, HTTPS.
QUEUE_PROXY = (8012, 8013, 8112)
QUEUE_PROXY_AUTOSCALING = 9090
QUEUE_PROXY_METRICS = 9091
# KServe 0.20 in Standard mode: the model server, and the agent before it where requests are logged or batched.
KSERVE_STANDARD = (8080, 9081)
# Seldon Core 1.17.1: the executor's HTTP and gRPC ports; its metrics share the first, the model server's do not.
SELDON_EXECUTOR = (8000, 5001)
SELDON_METRICS = (8000, 6000)
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

    engines: frozenset[Engine] = frozenset()
    store: StoreAccess | None = None
    training: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_sink: LogSink | None = None
    team: bool = False


def network_policies(namespace: str, around: Surroundings, traffic: Traffic) -> list[Manifest]:
    """Return the network policies of a namespace: the denial, then each opening that its pods need."""
    found = [default_deny(namespace), allow_dns(namespace)]
    if around.mesh == "sidecar":
        found.append(allow_istiod(namespace, around))
        if around.prometheus:
            found.append(allow_prometheus_of_sidecars(namespace, around.prometheus))
    if around.mesh == "ambient":
        found.append(allow_ambient_probes(namespace))
    for engine in sorted(traffic.engines):
        found += _model_openings(namespace, around, engine, traffic)
    if (traffic.training or traffic.team) and around.tracking_uri:
        found.append(allow_mlflow(namespace, around))
    found += [allow_data(namespace, around, job, urls) for job, urls in sorted(traffic.training.items()) if urls]
    return found


def _model_openings(namespace: str, around: Surroundings, engine: Engine, traffic: Traffic) -> Iterator[Manifest]:
    yield allow_gateway(namespace, around, engine)
    if engine == "kserve" and around.kserve_mode == "Knative":
        yield allow_knative(namespace, around)
    if traffic.store:
        yield allow_store(namespace, around, traffic.store, engine)
    if traffic.log_sink:
        yield allow_log_sink(namespace, around, traffic.log_sink, engine)
    if around.prometheus and around.mesh != "sidecar":
        yield allow_prometheus(namespace, around, around.prometheus, engine)


def allow_istiod(namespace: str, around: Surroundings) -> Manifest:
    """Sidecars fetch their configuration and certificates from istiod (TLS); in an ambient mesh ztunnel does."""
    istiod = Place(namespace=around.istio_namespace, labels={"app": "istiod"})
    rule = {"to": [istiod.peer()], "ports": tcp(ISTIOD_XDS)}
    return policy(namespace, "allow-istiod", "Sidecars get configuration and certificates.", {}, egress=[rule])


def allow_ambient_probes(namespace: str) -> Manifest:
    """In an ambient mesh the kubelet's probes arrive from a fixed link-local address instead of the node's.

    Source: https://istio.io/latest/docs/ambient/usage/networkpolicy/
    """
    addresses = ("169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128")
    rule = {"from": [{"ipBlock": {"cidr": address}} for address in addresses]}
    return policy(namespace, "allow-ambient-probes", "The kubelet's probes in an ambient mesh.", {}, ingress=[rule])


def allow_gateway(namespace: str, around: Surroundings, engine: Engine) -> Manifest:
    """Requests come from the gateway to the port that serves them: queue-proxy, the model server, or the executor."""
    ports: Sequence[int] = SELDON_EXECUTOR
    if engine == "kserve":
        ports = QUEUE_PROXY if around.kserve_mode == "Knative" else KSERVE_STANDARD
    rule = {"from": [around.gateway.peer()], "ports": _meshed(around, *ports)}
    return policy(namespace, f"allow-gateway-{engine}", "Requests from the gateway.", _pods_of(engine), ingress=[rule])


def allow_knative(namespace: str, around: Surroundings) -> Manifest:
    """The activator buffers requests of models at zero and probes queue-proxy; the autoscaler reads its concurrency.

    Source: knative/serving 1.23, cmd/activator and pkg/autoscaler/metrics/stats_scraper.go
    """
    activator, autoscaler = (
        Place(namespace=around.knative_namespace, labels={"app": app}) for app in ("activator", "autoscaler")
    )
    rules = [
        {"from": [activator.peer()], "ports": _meshed(around, *QUEUE_PROXY)},
        {"from": [autoscaler.peer()], "ports": _meshed(around, QUEUE_PROXY_AUTOSCALING)},
    ]
    return policy(namespace, "allow-knative", "Knative's activator and autoscaler.", _pods_of("kserve"), ingress=rules)


def allow_store(namespace: str, around: Surroundings, store: StoreAccess, engine: Engine) -> Manifest:
    """Storage initializers fetch the model; an IAM role or Pod Identity needs its issuer as well."""
    rules = store_rules(store, hbone=_hbone(around))
    return policy(namespace, f"allow-store-{engine}", "Models from the object store.", _pods_of(engine), egress=rules)


def allow_log_sink(namespace: str, around: Surroundings, sink: LogSink, engine: Engine) -> Manifest:
    """Request logs are sent to a collector, which may be in the mesh."""
    rule = {"to": [Place(namespace=sink.namespace).peer()], "ports": _meshed(around, sink.port)}
    return policy(namespace, f"allow-log-sink-{engine}", "Request logs.", _pods_of(engine), egress=[rule])


def allow_prometheus(namespace: str, around: Surroundings, prometheus: Place, engine: Engine) -> Manifest:
    """Without sidecars Prometheus reads metrics from the containers of the models themselves."""
    if engine == "seldon":
        ports: Sequence[int] = SELDON_METRICS
    else:
        ports = (QUEUE_PROXY_METRICS,) if around.kserve_mode == "Knative" else KSERVE_STANDARD[:1]
    rule = {"from": [prometheus.peer()], "ports": _meshed(around, *ports)}
    return policy(namespace, f"allow-prometheus-{engine}", "Metrics for Prometheus.", _pods_of(engine), ingress=[rule])


def allow_prometheus_of_sidecars(namespace: str, prometheus: Place) -> Manifest:
    """Prometheus reads every sidecar's agent, that of a training job, too; it adds the metrics of its neighbours."""
    rule = {"from": [prometheus.peer()], "ports": tcp(ISTIO_MERGED_METRICS)}
    return policy(namespace, "allow-prometheus", "Metrics of sidecars for Prometheus.", {}, ingress=[rule])


def allow_mlflow(namespace: str, around: Surroundings) -> Manifest:
    """Training jobs, the stack's and a team's own, log runs and register versions.

    The stack's MLflow is outside of the mesh, so no tunnel leads to it.
    """
    if around.mlflow:
        rules: Rules = [{"to": [around.mlflow.peer()], "ports": tcp(around.mlflow_port)}]
    else:
        urls = [url for url in (around.tracking_uri, around.registry_uri) if url]
        rules = [rule for url in urls for rule in url_rules(url, hbone=_hbone(around))]
    return policy(namespace, "allow-mlflow", "Runs and versions to MLflow.", _labelled(MLFLOW_CLIENT), egress=rules)


def allow_data(namespace: str, around: Surroundings, job: str, urls: tuple[str, ...]) -> Manifest:
    """A training job reads its data, and writes its artifacts where MLflow does not do it."""
    pods = _labelled({**labels(job), "app.kubernetes.io/component": "training"})
    rules = [rule for url in urls for rule in url_rules(url, hbone=_hbone(around))]
    return policy(namespace, f"allow-data-{job}", f"Data and artifacts of {job}.", pods, egress=rules)


def _pods_of(engine: Engine) -> dict[str, Any]:
    return {"matchExpressions": [{"key": MODEL_PODS[engine], "operator": "Exists"}]}


def _labelled(wanted: dict[str, str]) -> dict[str, Any]:
    return {"matchLabels": dict(wanted)}


def _hbone(around: Surroundings) -> int | None:
    return HBONE if around.mesh == "ambient" else None


def _meshed(around: Surroundings, *ports: int) -> list[dict[str, Any]]:
    """Return the ports between two pods of the mesh: an ambient one tunnels them all through its own."""
    hbone = _hbone(around)
    return tcp(*ports, *([hbone] if hbone else []))
