"""Network policies of MLflow's namespace: everything is denied, each opening is an object of its own. Pure.

Ports are those of the pods. Traffic from a pod's own node (the kubelet's probes) is always allowed and needs no
opening. Policies know addresses, no names: what lies outside of the cluster is opened by port.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.metadata import MLFLOW_CLIENT, labels
from components.mlflow import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.mlflow.connection import ArtifactStore
    from components.mlflow.plan import ServerPlan

Manifest = dict[str, Any]
Peers = list[dict[str, Any]]

OPERATOR_NAMESPACE = "cnpg-system"
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_DNS_PORT, _HTTPS, _HTTP = 53, 443, 80
# The API server, on the ports that managed and self-made clusters have it on.
_API_SERVER_PORTS = (443, 6443)
# CloudNativePG's instance manager (status, certificates) and its metrics: docs/src/networking.md.
_INSTANCE_STATUS, _INSTANCE_METRICS = 8000, 9187
# Labels of model servers: KServe 0.20 pkg/constants, Seldon Core 1.17.1 seldondeployment_types.go.
_MODEL_SERVERS = ("serving.kserve.io/inferenceservice", "seldon-deployment-id")
# Link-local addresses are left out: the node's metadata service lives there.
_ANYWHERE: Peers = [
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
    {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10"]}},
]
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_POD_IDENTITY: Peers = [{"ipBlock": {"cidr": "169.254.170.23/32"}}, {"ipBlock": {"cidr": "fd00:ec2::23/128"}}]


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Who has to do with MLflow from other namespaces; ``None`` and empty where there is nobody.

    Attributes:
        clients: namespaces whose labelled pods may reach MLflow, and with direct access MinIO, too.
        store_readers: namespaces whose model servers may read MinIO.
        entrance: namespace of the gateway or the Ingress controller.
        entrance_labels: labels of its pods; empty for all pods of that namespace.
        prometheus: namespace of Prometheus.
        operator: namespace of CloudNativePG.

    """

    clients: tuple[str, ...] = ()
    store_readers: tuple[str, ...] = ()
    entrance: str | None = None
    entrance_labels: Mapping[str, str] = field(default_factory=dict)
    prometheus: str | None = None
    operator: str = OPERATOR_NAMESPACE


def network_policies(plan: ServerPlan, around: Neighbours, backups: ArtifactStore | None) -> list[Manifest]:
    """Return the network policies of the namespace, the denial first.

    Args:
        plan: how the server runs, with its database and store.
        around: who else has to do with it.
        backups: the store of the database's backups, ``None`` without.

    """
    where = plan.namespace
    found = [_policy(where, "default-deny", "Everything that no other policy opens is denied.", {}), _dns(where)]
    found += _server(plan, around)
    if plan.database.in_cluster:
        found += _database(plan, around, backups)
    if plan.store.in_cluster:
        found += _minio(plan, around, backups)
    return found


def _dns(where: str) -> Manifest:
    dns = _in("kube-system", {"k8s-app": "kube-dns"})
    ports = [{"protocol": protocol, "port": _DNS_PORT} for protocol in ("UDP", "TCP")]
    return _policy(where, "allow-dns", "Names in the cluster's DNS.", {}, egress=[{"to": [dns], "ports": ports}])


def _server(plan: ServerPlan, around: Neighbours) -> Iterator[Manifest]:
    where, server = plan.namespace, _pods(names.selector(names.SERVER))
    clients: Peers = [_in(namespace, MLFLOW_CLIENT) for namespace in around.clients]
    clients.append({"podSelector": {"matchLabels": MLFLOW_CLIENT}})
    if plan.settings.garbage_collection:
        clients.append({"podSelector": {"matchLabels": names.selector(names.COLLECT)}})
    yield _policy(
        where, "server-from-clients", "Labelled clients.", server, ingress=[_from(clients, names.SERVER_PORT)]
    )
    if around.entrance:
        entrance = _in(around.entrance, dict(around.entrance_labels))
        rule = _from([entrance], names.SERVER_PORT)
        yield _policy(where, "server-from-entrance", "Gateway or Ingress controller.", server, ingress=[rule])
    if plan.settings.service_type == "LoadBalancer":
        ranges: Peers = [{"ipBlock": {"cidr": cidr}} for cidr in plan.settings.load_balancer_source_ranges]
        rule = _from(ranges, names.SERVER_PORT)
        yield _policy(where, "server-from-load-balancer", "Clients of its load balancer.", server, ingress=[rule])
    if around.prometheus:
        rule = _from([_in(around.prometheus)], names.METRICS_PORT)
        yield _policy(where, "server-from-prometheus", "Metrics for Prometheus.", server, ingress=[rule])
    applications = {"server": names.SERVER, "prepare": names.PREPARE}
    if plan.settings.garbage_collection:
        applications["gc"] = names.COLLECT
    to_database = _database_rule(plan)
    to_store = _store_rules(plan.store)
    for role, application in applications.items():
        rules = [to_database]
        if application != names.PREPARE:
            rules += to_store
        if application == names.COLLECT:
            rules.append(_to([{"podSelector": {"matchLabels": names.selector(names.SERVER)}}], names.SERVER_PORT))
        why = "Its database" + ("." if application == names.PREPARE else " and artifact store.")
        yield _policy(where, f"{role}-out", why, _pods(names.selector(application)), egress=rules)


def _database_rule(plan: ServerPlan) -> Manifest:
    database = plan.database
    to: Peers = [{"podSelector": {"matchLabels": database.in_cluster}}] if database.in_cluster else _ANYWHERE
    return _to(to, database.port)


def _store_rules(store: ArtifactStore) -> list[Manifest]:
    """Return the way to a store: MinIO's pods; a URL's port; or S3 and STS on 443, with EKS Pod Identity's agent."""
    if store.in_cluster:
        return [_to([{"podSelector": {"matchLabels": store.in_cluster}}], names.MINIO_PORT)]
    if store.endpoint:
        parts = urlsplit(store.endpoint)
        return [_to(_ANYWHERE, parts.port or (_HTTPS if parts.scheme == "https" else _HTTP))]
    rules = [_to(_ANYWHERE, _HTTPS)]
    return rules if store.secret or store.role_arn else [*rules, _to(_POD_IDENTITY, _HTTP)]


def _database(plan: ServerPlan, around: Neighbours, backups: ArtifactStore | None) -> Iterator[Manifest]:
    where, own = plan.namespace, plan.database.in_cluster or {}
    pods, port = _pods(own), names.POSTGRES_PORT
    clients: Peers = [{"podSelector": {"matchLabels": names.selector(name)}} for name in _database_clients(plan)]
    yield _policy(where, "database-from-mlflow", "MLflow and its jobs.", pods, ingress=[_from(clients, port)])
    instances: Peers = [{"podSelector": {"matchLabels": own}}]
    yield _policy(
        where,
        "database-instances",
        "Replication between instances, and their status.",
        pods,
        ingress=[_from(instances, port, _INSTANCE_STATUS)],
        egress=[_to(instances, port, _INSTANCE_STATUS)],
    )
    operator = _in(around.operator, {"app.kubernetes.io/name": "cloudnative-pg"})
    rule = _from([operator], _INSTANCE_STATUS, port)
    yield _policy(where, "database-from-operator", "CloudNativePG's operator.", pods, ingress=[rule])
    # The instance manager reads its Cluster; the API server's address is no pod's.
    rule = _to(_ANYWHERE, *_API_SERVER_PORTS)
    yield _policy(where, "database-to-api-server", "The instance manager's Cluster.", pods, egress=[rule])
    if around.prometheus:
        rule = _from([_in(around.prometheus)], _INSTANCE_METRICS)
        yield _policy(where, "database-from-prometheus", "Metrics for Prometheus.", pods, ingress=[rule])
    if backups:
        yield _policy(where, "database-to-backups", "Backups.", pods, egress=_store_rules(backups))


def _database_clients(plan: ServerPlan) -> list[str]:
    collects = [names.COLLECT] if plan.settings.garbage_collection else []
    return [names.SERVER, names.PREPARE, *collects]


def _minio(plan: ServerPlan, around: Neighbours, backups: ArtifactStore | None) -> Iterator[Manifest]:
    where, own = plan.namespace, plan.store.in_cluster or {}
    readers: Peers = [{"podSelector": {"matchLabels": names.selector(names.SERVER)}}]
    if plan.settings.garbage_collection:
        readers.append({"podSelector": {"matchLabels": names.selector(names.COLLECT)}})
    readers.append({"podSelector": {"matchLabels": names.selector(names.MINIO_SETUP)}})
    if backups and plan.database.in_cluster:
        readers.append({"podSelector": {"matchLabels": plan.database.in_cluster}})
    readers += [
        {**_in(namespace), "podSelector": {"matchExpressions": [{"key": key, "operator": "Exists"}]}}
        for namespace in around.store_readers
        for key in _MODEL_SERVERS
    ]
    if plan.store.access == "direct":
        readers += [_in(namespace, MLFLOW_CLIENT) for namespace in around.clients]
    rule = _from(readers, names.MINIO_PORT)
    # The console is opened to nobody; `kubectl port-forward` comes from the node.
    yield _policy(where, "minio-from-clients", "MLflow, backups, model servers.", _pods(own), ingress=[rule])
    rule = _to([{"podSelector": {"matchLabels": own}}], names.MINIO_PORT)
    setup = _pods(names.selector(names.MINIO_SETUP))
    yield _policy(where, "minio-setup-out", "The job that sets up buckets and users.", setup, egress=[rule])


def _policy(  # noqa: PLR0913 - the parts of the object
    where: str,
    name: str,
    why: str,
    pods: Manifest,
    *,
    ingress: list[Manifest] | None = None,
    egress: list[Manifest] | None = None,
) -> Manifest:
    rules = {"ingress": ingress, "egress": egress}
    opened = [kind for kind, found in rules.items() if found is not None] or ["ingress", "egress"]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": where,
            "labels": labels(),
            "annotations": {"kubernetes.io/description": why},
        },
        "spec": {
            "podSelector": pods,
            "policyTypes": [kind.capitalize() for kind in opened],
            **{kind: found for kind, found in rules.items() if found is not None},
        },
    }


def _pods(wanted: Mapping[str, str]) -> Manifest:
    return {"matchLabels": dict(wanted)}


def _in(namespace: str, wanted: Mapping[str, str] | None = None) -> Manifest:
    peer: Manifest = {"namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: namespace}}}
    return {**peer, "podSelector": {"matchLabels": dict(wanted)}} if wanted else peer


def _from(peers: Peers, *ports: int) -> Manifest:
    return {"from": peers, "ports": _tcp(ports)}


def _to(peers: Peers, *ports: int) -> Manifest:
    return {"to": peers, "ports": _tcp(ports)}


def _tcp(ports: tuple[int, ...]) -> list[Manifest]:
    return [{"protocol": "TCP", "port": port} for port in ports]
