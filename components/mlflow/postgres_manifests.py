"""PostgreSQL by CloudNativePG: cluster, backups, metrics. Pure.

Sources: https://cloudnative-pg.io/documentation/1.30/ and https://cloudnative-pg.io/plugin-barman-cloud/docs/usage/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.monitors import monitor
from components.kubernetes.object_stores import ACCESS_KEY_NAMES
from components.mlflow import names, pods
from components.mlflow.stores import store_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.object_stores import ObjectStore
    from mlplatform.config.mlflow import BackupSection, DatabaseSection

Manifest = dict[str, Any]

DATABASE: Final = "mlflow"
OWNER: Final = "mlflow"
PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
_PRODUCTION_INSTANCES = 3
# What the operator, replication and an administrator need beside MLflow.
_OTHER_CONNECTIONS = 30
# A change restarts the instances one by one, so the number moves in steps.
_CONNECTIONS_STEP = 100
_SIDECAR_REQUESTS = {"cpu": "50m", "memory": "128Mi"}
_SIDECAR_MEMORY = "512Mi"


def cluster_selector(name: str) -> dict[str, str]:
    """Return the label that the operator gives to every pod of a cluster."""
    return {"cnpg.io/cluster": name}


def read_write_host(name: str, namespace: str) -> str:
    """Return the host name of the primary; the operator's certificate is valid for it."""
    return names.service_host(f"{name}-rw", namespace)


def certificate_authority(name: str) -> str:
    """Return the Secret with the CA of the servers, which the operator keeps."""
    return f"{name}-ca"


def instances(database: DatabaseSection, *, production: bool) -> int:
    """Return the number of instances: 3 in production, for a quorum that survives a zone, else 1."""
    return database.instances or (_PRODUCTION_INSTANCES if production else 1)


def max_connections(of_mlflow: int) -> int:
    """Return PostgreSQL's limit of connections, a multiple of 100, for those that MLflow opens at most."""
    connections = of_mlflow + _OTHER_CONNECTIONS
    return -(-connections // _CONNECTIONS_STEP) * _CONNECTIONS_STEP


def cluster(  # noqa: PLR0913 - what the object is made of
    database: DatabaseSection,
    namespace: str,
    image: str,
    *,
    production: bool,
    connections: int,
    account_annotations: Mapping[str, pulumi.Input[str]],
) -> Manifest:
    """Return the Cluster.

    Args:
        database: the database's settings.
        namespace: its namespace.
        image: image of PostgreSQL, where it is pulled from.
        production: whether it is a production stack.
        connections: how many MLflow opens at most.
        account_annotations: annotations of its service account, an IAM role for backups.

    """
    count = instances(database, production=production)
    spec: Manifest = {
        "instances": count,
        "imageName": image,
        # Nobody needs it: the owner of the database is enough for MLflow.
        "enableSuperuserAccess": False,
        "enablePDB": True,
        "bootstrap": _bootstrap(database),
        # TLS 1.3 and nothing older is the operator's own default.
        "postgresql": {"parameters": {"max_connections": str(max_connections(connections))}},
        "storage": _storage(database),
        "resources": pods.resources(database.requests, database.memory_limit),
        "affinity": {
            "enablePodAntiAffinity": True,
            "topologyKey": "kubernetes.io/hostname",
            "podAntiAffinityType": "required" if production else "preferred",
        },
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if production and count > 1:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": cluster_selector(database.name)},
            }
        ]
    if account_annotations:
        spec["serviceAccountTemplate"] = {"metadata": {"annotations": dict(account_annotations)}}
    spec |= _backups(database)
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": _meta(database.name, namespace),
        "spec": spec,
    }


def _storage(database: DatabaseSection) -> Manifest:
    storage_class = {"storageClass": database.storage_class} if database.storage_class else {}
    return {"size": database.storage, "resizeInUseVolumes": True, **storage_class}


def _backups(database: DatabaseSection) -> Manifest:
    """Return the fields of the Cluster that archive into its own backups, and that restore from another's."""
    spec: Manifest = {}
    if database.backup:
        spec["plugins"] = [
            {
                "name": PLUGIN,
                "enabled": True,
                "isWALArchiver": True,
                "parameters": {"barmanObjectName": object_store_name(database)},
            }
        ]
    if database.restore:
        source = database.restore.cluster
        parameters = {"barmanObjectName": object_store_name(database), "serverName": source}
        spec["externalClusters"] = [{"name": source, "plugin": {"name": PLUGIN, "parameters": parameters}}]
    return spec


def _bootstrap(database: DatabaseSection) -> Manifest:
    owner = {"database": DATABASE, "owner": OWNER, "secret": {"name": names.DATABASE_SECRET}}
    if database.restore is None:
        return {"initdb": {**owner, "dataChecksums": True, "encoding": "UTF8"}}
    moment = database.restore.target_time
    target = {"recoveryTarget": {"targetTime": moment}} if moment else {}
    return {"recovery": {**owner, "source": database.restore.cluster, **target}}


def object_store_name(database: DatabaseSection) -> str:
    """Return the name of the ObjectStore."""
    return f"{database.name}-backups"


def object_store(database: DatabaseSection, backup: BackupSection, namespace: str, store: ObjectStore) -> Manifest:
    """Return the ObjectStore: where backups and the write-ahead log go, with a credential of their own.

    Args:
        database: the database's settings.
        backup: its backups.
        namespace: its namespace.
        store: the store of the backups' bucket, with the backups' own credential.

    """
    if store.secret:
        fields = zip(("accessKeyId", "secretAccessKey"), ACCESS_KEY_NAMES, strict=True)
        credentials: Manifest = {field: {"name": store.secret, "key": key} for field, key in fields}
    else:
        credentials = {"inheritFromIAMRole": True}
    sidecar: Manifest = {
        "env": [
            variable
            for variable in store_environment(store)
            if "value" in variable and variable["name"] != "MLFLOW_S3_ENDPOINT_URL"
        ],
        "resources": pods.resources(_SIDECAR_REQUESTS, _SIDECAR_MEMORY),
    }
    configuration: Manifest = {
        "destinationPath": f"{store.uri}/postgresql",
        **({"endpointURL": store.endpoint} if store.endpoint else {}),
        "s3Credentials": credentials,
        "wal": {"compression": "gzip", "maxParallel": 4},
        "data": {"compression": "gzip"},
    }
    return {
        "apiVersion": "barmancloud.cnpg.io/v1",
        "kind": "ObjectStore",
        "metadata": _meta(object_store_name(database), namespace),
        "spec": {
            "retentionPolicy": f"{backup.retention_days}d",
            "configuration": configuration,
            "instanceSidecarConfiguration": sidecar,
        },
    }


def scheduled_backup(database: DatabaseSection, backup: BackupSection, namespace: str) -> Manifest:
    """Return the ScheduledBackup; its schedule has a field for seconds before the usual five."""
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "ScheduledBackup",
        "metadata": _meta(database.name, namespace),
        "spec": {
            "schedule": f"0 {backup.schedule}",
            "cluster": {"name": database.name},
            "method": "plugin",
            "pluginConfiguration": {"name": PLUGIN},
            # There is something to restore from the first minute on.
            "immediate": True,
            # Backups outlive the schedule that made them.
            "backupOwnerReference": "none",
        },
    }


def pod_monitor(database: DatabaseSection, namespace: str, labels: dict[str, str]) -> Manifest:
    """Return the PodMonitor; the Cluster's own switch for one is deprecated."""
    spec = {
        "selector": {"matchLabels": {**cluster_selector(database.name), "cnpg.io/podRole": "instance"}},
        "podMetricsEndpoints": [{"port": names.METRICS}],
    }
    monitor_labels = {**names.pod_labels(DATABASE), **labels}
    return monitor("PodMonitor", database.name, spec, namespace=namespace, monitor_labels=monitor_labels)


def _meta(name: str, namespace: str) -> Manifest:
    return {"name": name, "namespace": namespace, "labels": names.pod_labels("postgresql")}
