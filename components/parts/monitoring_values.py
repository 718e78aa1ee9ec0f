"""Values of the charts of monitoring. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.kubernetes.chart_values import merged
from components.kubernetes.objects import NODE_NAMESPACE
from mlplatform.config.quantity import parse_quantity

# Name of the release, which the chart's own objects carry in the label ``release``.
STACK = "kube-prometheus-stack"
# Days of data.
RETENTION_DAYS = {True: 30, False: 7}
# Volumes: of each Prometheus in production, of Alertmanager (silences) and of Grafana (its database).
PRODUCTION_STORAGE = "50Gi"
ALERTMANAGER_STORAGE = "2Gi"
GRAFANA_STORAGE = "10Gi"
# How much of its volume Prometheus fills before it drops the oldest data.
FILLED_PERCENT = 85


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Where the monitoring stack keeps its data.

    Attributes:
        size: amount of each Prometheus' volume, for example ``50Gi``.
        storage_class: class of all volumes, ``None`` for the cluster's default.

    """

    size: str
    storage_class: str | None


def stack_storage(size: str | None, storage_class: str | None, *, production: bool) -> Storage | None:
    """Return the volumes of the monitoring stack: where asked for and always in production, else none at all."""
    size = size or (PRODUCTION_STORAGE if production else None)
    return Storage(size=size, storage_class=storage_class) if size else None


def stack_values(*, admin_secret: str, production: bool, storage: Storage | None, managed: bool) -> dict[str, Any]:
    """Return the values of ``kube-prometheus-stack``.

    Its Prometheus takes every monitor and rule of the cluster, whatever their labels: there is only this one.

    Args:
        admin_secret: Secret with Grafana's administrator, keys ``admin-user`` and ``admin-password``.
        production: data is kept for longer, and twice.
        storage: volumes, without which data and silences go with the pod; ``None`` for none.
        managed: whether the control plane is EKS's, which lets nobody read its metrics, and whose kube-proxy answers
            its own node only; watched all the same, they would be reported as down for ever.

    """
    everything = {
        f"{kind}SelectorNilUsesHelmValues": False for kind in ("rule", "serviceMonitor", "podMonitor", "probe")
    }
    values: dict[str, Any] = {
        "prometheus": {
            "prometheusSpec": {
                **everything,
                "retention": f"{RETENTION_DAYS[production]}d",
                "replicas": 2 if production else 1,
            }
        },
        "grafana": {
            "admin": {"existingSecret": admin_secret},
            # Dashboards are ConfigMaps with the label grafana_dashboard, in any namespace.
            "sidecar": {"dashboards": {"searchNamespace": "ALL"}},
        },
        # It looks at the node itself, which Pod Security refuses in a namespace of our own.
        "prometheus-node-exporter": {"namespaceOverride": NODE_NAMESPACE},
    }
    if managed:
        unseen = ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy")
        values |= {part: {"enabled": False} for part in unseen}
    return merged(values, _volumes(storage)) if storage else values


def _volumes(storage: Storage) -> dict[str, Any]:
    grafana: dict[str, Any] = {"enabled": True, "size": GRAFANA_STORAGE}
    if storage.storage_class:
        grafana["storageClassName"] = storage.storage_class
    megabytes = int(parse_quantity(storage.size) * FILLED_PERCENT / 100) // 2**20
    return {
        "prometheus": {
            "prometheusSpec": {
                "storageSpec": _claim(storage.size, storage.storage_class),
                # Prometheus' units are powers of 1024. The rest is for its write-ahead log.
                "retentionSize": f"{megabytes}MB",
            }
        },
        "alertmanager": {"alertmanagerSpec": {"storage": _claim(ALERTMANAGER_STORAGE, storage.storage_class)}},
        "grafana": {
            "persistence": grafana,
            # It would own the volume as root; the pod's fsGroup does that.
            "initChownData": {"enabled": False},
            # A volume that one node mounts is free only when the old pod is gone.
            "deploymentStrategy": {"type": "Recreate"},
        },
    }


def _claim(size: str, storage_class: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"volumeClaimTemplate": {"spec": spec}}
