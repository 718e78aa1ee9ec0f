"""Network policies of MLflow's namespace. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.kubernetes.metadata import MLFLOW_CLIENT
from components.kubernetes.network_policies import (
    ANYWHERE,
    PodPeer,
    allow_dns,
    default_deny,
    egress_rule,
    having,
    host_peers,
    ingress_rule,
    labelled,
    networks,
    pods_beside,
    pods_in,
    policy,
    store_egress,
)
from components.kubernetes.object_stores import MINIO_PORT
from components.mlflow import names
from components.serving.engines import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.kubernetes.network_policies import Manifest, Peers, Rule
    from components.kubernetes.object_stores import ObjectStore
    from components.mlflow.plan import ServerPlan

OPERATOR_NAMESPACE = "cnpg-system"
# The API server, on the ports that managed and self-made clusters have it on.
_API_SERVER_PORTS = (443, 6443)
# CloudNativePG's instance manager (status, certificates) and its metrics: docs/src/networking.md.
_INSTANCE_STATUS, _INSTANCE_METRICS = 8000, 9187


@dataclass(frozen=True, kw_only=True)
class MlflowPeers:
    """Pods of other namespaces that call MLflow, its database and its store; ``None`` and empty where there are none.

    Attributes:
        clients: namespaces whose labelled pods may reach MLflow, and with direct access MinIO, too.
        store_readers: namespaces whose model servers may read MinIO.
        gateway: the gateway or the Ingress controller.
        prometheus: namespace of Prometheus.
        operator: namespace of CloudNativePG.

    """

    clients: tuple[str, ...] = ()
    store_readers: tuple[str, ...] = ()
    gateway: PodPeer | None = None
    prometheus: str | None = None
    operator: str = OPERATOR_NAMESPACE


def network_policies(plan: ServerPlan, peers: MlflowPeers, backups: ObjectStore | None) -> list[Manifest]:
    """Return the network policies of the namespace, the denial first.

    Args:
        plan: how the server runs, with its database and store.
        peers: who calls it from other namespaces.
        backups: the store of the database's backups, ``None`` without.

    """
    policies = [default_deny(plan.namespace), allow_dns(plan.namespace)]
    policies += _into_server(plan, peers)
    policies += _out_of_server(plan)
    if plan.database.pod_labels:
        policies += _database(plan, peers, backups)
    if plan.store.pod_labels:
        policies += _minio(plan, peers, backups)
    return policies


def _into_server(plan: ServerPlan, peers: MlflowPeers) -> Iterator[Manifest]:
    namespace, server = plan.namespace, labelled(names.selector(names.SERVER))
    clients: Peers = [pods_in(client, labelled(MLFLOW_CLIENT)) for client in peers.clients]
    clients.append(pods_beside(MLFLOW_CLIENT))
    if plan.settings.garbage_collection:
        clients.append(pods_beside(names.selector(names.COLLECT)))
    rule = ingress_rule(clients, names.SERVER_PORT)
    yield policy(namespace, "server-from-clients", "Labelled clients.", server, ingress=[rule])
    if peers.gateway:
        rule = ingress_rule([peers.gateway.peer()], names.SERVER_PORT)
        yield policy(namespace, "server-from-entrance", "Gateway or Ingress controller.", server, ingress=[rule])
    if plan.settings.service_type == "LoadBalancer":
        rule = ingress_rule(networks(plan.settings.load_balancer_source_ranges), names.SERVER_PORT)
        yield policy(namespace, "server-from-load-balancer", "Clients of its load balancer.", server, ingress=[rule])
    if peers.prometheus:
        rule = ingress_rule([pods_in(peers.prometheus)], names.METRICS_PORT)
        yield policy(namespace, "server-from-prometheus", "Metrics for Prometheus.", server, ingress=[rule])


def _out_of_server(plan: ServerPlan) -> Iterator[Manifest]:
    """Yield the ways out of the server and its jobs."""
    applications = {"server": names.SERVER, "prepare": names.PREPARE}
    if plan.settings.garbage_collection:
        applications["gc"] = names.COLLECT
    for role, application in applications.items():
        rules = [_database_egress(plan)]
        if application != names.PREPARE:
            rules += store_egress(plan.store, namespace=plan.namespace)
        if application == names.COLLECT:
            rules.append(egress_rule([pods_beside(names.selector(names.SERVER))], names.SERVER_PORT))
        why = "Its database" + ("." if application == names.PREPARE else " and artifact store.")
        pods = labelled(names.selector(application))
        yield policy(plan.namespace, f"{role}-out", why, pods, egress=rules)


def _database_egress(plan: ServerPlan) -> Rule:
    database = plan.database
    if database.pod_labels:
        return egress_rule([pods_beside(database.pod_labels)], database.port)
    if database.networks:
        return egress_rule(networks(database.networks), database.port)
    # The host of a server that the stack makes is not known yet, and never in the cluster.
    peers = host_peers(database.host, plan.namespace)[0] if isinstance(database.host, str) else ANYWHERE
    return egress_rule(peers, database.port)


def _database(plan: ServerPlan, peers: MlflowPeers, backups: ObjectStore | None) -> Iterator[Manifest]:
    namespace, port = plan.namespace, names.POSTGRES_PORT
    pod_labels = plan.database.pod_labels or {}
    pods, instances = labelled(pod_labels), [pods_beside(pod_labels)]
    clients = [pods_beside(names.selector(name)) for name in _database_clients(plan)]
    rule = ingress_rule(clients, port)
    yield policy(namespace, "database-from-mlflow", "MLflow and its jobs.", pods, ingress=[rule])
    yield policy(
        namespace,
        "database-instances",
        "Replication between instances, and their status.",
        pods,
        ingress=[ingress_rule(instances, port, _INSTANCE_STATUS)],
        egress=[egress_rule(instances, port, _INSTANCE_STATUS)],
    )
    operator = pods_in(peers.operator, labelled({"app.kubernetes.io/name": "cloudnative-pg"}))
    rule = ingress_rule([operator], _INSTANCE_STATUS, port)
    yield policy(namespace, "database-from-operator", "CloudNativePG's operator.", pods, ingress=[rule])
    # The instance manager reads its Cluster; the API server's address is no pod's.
    rule = egress_rule(ANYWHERE, *_API_SERVER_PORTS)
    yield policy(namespace, "database-to-api-server", "The instance manager's Cluster.", pods, egress=[rule])
    if peers.prometheus:
        rule = ingress_rule([pods_in(peers.prometheus)], _INSTANCE_METRICS)
        yield policy(namespace, "database-from-prometheus", "Metrics for Prometheus.", pods, ingress=[rule])
    if backups:
        rules = store_egress(backups, namespace=namespace)
        yield policy(namespace, "database-to-backups", "Backups.", pods, egress=rules)


def _database_clients(plan: ServerPlan) -> list[str]:
    return [names.SERVER, names.PREPARE, *([names.COLLECT] if plan.settings.garbage_collection else [])]


def _minio(plan: ServerPlan, peers: MlflowPeers, backups: ObjectStore | None) -> Iterator[Manifest]:
    namespace, pod_labels = plan.namespace, plan.store.pod_labels or {}
    clients: Peers = [pods_beside(names.selector(names.SERVER))]
    if plan.settings.garbage_collection:
        clients.append(pods_beside(names.selector(names.COLLECT)))
    clients.append(pods_beside(names.selector(names.MINIO_SETUP)))
    if backups and plan.database.pod_labels:
        clients.append(pods_beside(plan.database.pod_labels))
    clients += [
        pods_in(reader, having(engine.pod_label)) for reader in peers.store_readers for engine in ENGINES.values()
    ]
    if plan.settings.artifacts.access == "direct":
        clients += [pods_in(client, labelled(MLFLOW_CLIENT)) for client in peers.clients]
    rule = ingress_rule(clients, MINIO_PORT)
    # The console is opened to nobody; `kubectl port-forward` comes from the node.
    pods = labelled(pod_labels)
    yield policy(namespace, "minio-from-clients", "MLflow, backups, model servers.", pods, ingress=[rule])
    rule = egress_rule([pods_beside(pod_labels)], MINIO_PORT)
    setup = labelled(names.selector(names.MINIO_SETUP))
    yield policy(namespace, "minio-setup-out", "The job that sets up buckets and users.", setup, egress=[rule])
