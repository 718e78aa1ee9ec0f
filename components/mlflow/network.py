"""Network policies of MLflow's namespace. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.kubernetes.metadata import MLFLOW_CLIENT
from components.kubernetes.network_policies import (
    ANYWHERE,
    HTTP,
    HTTPS,
    MODEL_PODS,
    POD_IDENTITY_AGENT,
    allow_dns,
    default_deny,
    peer,
    policy,
    tcp,
)
from components.mlflow import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.kubernetes.network_policies import Manifest
    from components.mlflow.connection import ArtifactStore
    from components.mlflow.plan import ServerPlan

Peers = list[dict[str, Any]]

OPERATOR_NAMESPACE = "cnpg-system"
# The API server, on the ports that managed and self-made clusters have it on.
_API_SERVER_PORTS = (443, 6443)
# CloudNativePG's instance manager (status, certificates) and its metrics: docs/src/networking.md.
_INSTANCE_STATUS, _INSTANCE_METRICS = 8000, 9187


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
    found = [default_deny(where), allow_dns(where)]
    found += _server(plan, around)
    if plan.database.in_cluster:
        found += _database(plan, around, backups)
    if plan.store.in_cluster:
        found += _minio(plan, around, backups)
    return found


def _server(plan: ServerPlan, around: Neighbours) -> Iterator[Manifest]:
    where, server = plan.namespace, _pods(names.selector(names.SERVER))
    clients: Peers = [peer(namespace, MLFLOW_CLIENT) for namespace in around.clients]
    clients.append({"podSelector": {"matchLabels": MLFLOW_CLIENT}})
    if plan.settings.garbage_collection:
        clients.append({"podSelector": {"matchLabels": names.selector(names.COLLECT)}})
    yield policy(where, "server-from-clients", "Labelled clients.", server, ingress=[_from(clients, names.SERVER_PORT)])
    if around.entrance:
        entrance = peer(around.entrance, dict(around.entrance_labels))
        rule = _from([entrance], names.SERVER_PORT)
        yield policy(where, "server-from-entrance", "Gateway or Ingress controller.", server, ingress=[rule])
    if plan.settings.service_type == "LoadBalancer":
        ranges: Peers = [{"ipBlock": {"cidr": cidr}} for cidr in plan.settings.load_balancer_source_ranges]
        rule = _from(ranges, names.SERVER_PORT)
        yield policy(where, "server-from-load-balancer", "Clients of its load balancer.", server, ingress=[rule])
    if around.prometheus:
        rule = _from([peer(around.prometheus)], names.METRICS_PORT)
        yield policy(where, "server-from-prometheus", "Metrics for Prometheus.", server, ingress=[rule])
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
        yield policy(where, f"{role}-out", why, _pods(names.selector(application)), egress=rules)


def _database_rule(plan: ServerPlan) -> Manifest:
    database = plan.database
    if database.in_cluster:
        return _to([{"podSelector": {"matchLabels": database.in_cluster}}], database.port)
    networks: Peers = [{"ipBlock": {"cidr": cidr}} for cidr in database.networks]
    return _to(networks or ANYWHERE, database.port)


def _store_rules(store: ArtifactStore) -> list[Manifest]:
    """Return the way to a store: MinIO's pods; a URL's port; or S3 and STS on 443, with EKS Pod Identity's agent."""
    if store.in_cluster:
        return [_to([{"podSelector": {"matchLabels": store.in_cluster}}], names.MINIO_PORT)]
    if store.endpoint:
        parts = urlsplit(store.endpoint)
        return [_to(ANYWHERE, parts.port or (HTTPS if parts.scheme == "https" else HTTP))]
    rules = [_to(ANYWHERE, HTTPS)]
    return rules if store.secret or store.role_arn is not None else [*rules, _to(POD_IDENTITY_AGENT, HTTP)]


def _database(plan: ServerPlan, around: Neighbours, backups: ArtifactStore | None) -> Iterator[Manifest]:
    where, own = plan.namespace, plan.database.in_cluster or {}
    pods, port = _pods(own), names.POSTGRES_PORT
    clients: Peers = [{"podSelector": {"matchLabels": names.selector(name)}} for name in _database_clients(plan)]
    yield policy(where, "database-from-mlflow", "MLflow and its jobs.", pods, ingress=[_from(clients, port)])
    instances: Peers = [{"podSelector": {"matchLabels": own}}]
    yield policy(
        where,
        "database-instances",
        "Replication between instances, and their status.",
        pods,
        ingress=[_from(instances, port, _INSTANCE_STATUS)],
        egress=[_to(instances, port, _INSTANCE_STATUS)],
    )
    operator = peer(around.operator, {"app.kubernetes.io/name": "cloudnative-pg"})
    rule = _from([operator], _INSTANCE_STATUS, port)
    yield policy(where, "database-from-operator", "CloudNativePG's operator.", pods, ingress=[rule])
    # The instance manager reads its Cluster; the API server's address is no pod's.
    rule = _to(ANYWHERE, *_API_SERVER_PORTS)
    yield policy(where, "database-to-api-server", "The instance manager's Cluster.", pods, egress=[rule])
    if around.prometheus:
        rule = _from([peer(around.prometheus)], _INSTANCE_METRICS)
        yield policy(where, "database-from-prometheus", "Metrics for Prometheus.", pods, ingress=[rule])
    if backups:
        yield policy(where, "database-to-backups", "Backups.", pods, egress=_store_rules(backups))


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
        {**peer(namespace), "podSelector": {"matchExpressions": [{"key": key, "operator": "Exists"}]}}
        for namespace in around.store_readers
        for key in MODEL_PODS.values()
    ]
    if plan.store.access == "direct":
        readers += [peer(namespace, MLFLOW_CLIENT) for namespace in around.clients]
    rule = _from(readers, names.MINIO_PORT)
    # The console is opened to nobody; `kubectl port-forward` comes from the node.
    yield policy(where, "minio-from-clients", "MLflow, backups, model servers.", _pods(own), ingress=[rule])
    rule = _to([{"podSelector": {"matchLabels": own}}], names.MINIO_PORT)
    setup = _pods(names.selector(names.MINIO_SETUP))
    yield policy(where, "minio-setup-out", "The job that sets up buckets and users.", setup, egress=[rule])


def _pods(wanted: Mapping[str, str]) -> Manifest:
    return {"matchLabels": dict(wanted)}


def _from(peers: Peers, *ports: int) -> Manifest:
    return {"from": peers, "ports": tcp(*ports)}


def _to(peers: Peers, *ports: int) -> Manifest:
    return {"to": peers, "ports": tcp(*ports)}
