"""The Deployment of the tracking server. Pure.

Why a Deployment: docs/adr/0012-mlflow-is-a-deployment.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.mlflow import names, pods
from components.mlflow.command import AUTH_FOLDER, METRICS_FOLDER, server_arguments, server_environment

if TYPE_CHECKING:
    from components.mlflow.plan import ServerPlan

Manifest = dict[str, Any]

SCRIPTS_FOLDER = "/etc/mlflow/scripts"
WAIT_SECONDS = 600
# Importing MLflow takes seconds, on a busy node a minute.
_START_PROBES = 60


def deployment(plan: ServerPlan) -> Manifest:
    """Return the Deployment."""
    settings = plan.settings
    labels = names.pod_labels(names.SERVER)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": names.SERVER, "namespace": plan.namespace, "labels": labels},
        "spec": {
            "replicas": settings.replicas,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": names.selector(names.SERVER)},
            # A new version takes over before an old one goes.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": labels, "annotations": dict(plan.rotation)},
                "spec": _pod(plan),
            },
        },
    }


def _pod(plan: ServerPlan) -> Manifest:
    settings = plan.settings
    volumes = [
        pods.scratch_volume(settings.scratch),
        metrics_volume(),
        pods.config_volume("scripts", plan.scripts),
        *plan.database.volumes(),
    ]
    if plan.auth_config:
        volumes.append(pods.config_volume("auth", plan.auth_config))
    pod = {
        "serviceAccountName": names.SERVER,
        # MLflow never talks to Kubernetes.
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(pods.MLFLOW_USER),
        # uvicorn ends open requests first.
        "terminationGracePeriodSeconds": 60,
        "initContainers": [wait_container(plan)],
        "containers": [_container(plan), *([metrics_container(plan)] if plan.metrics else [])],
        "volumes": volumes,
    }
    return {**pod, "topologySpreadConstraints": spread()} if plan.production else pod


def _container(plan: ServerPlan) -> Manifest:
    mounts = [pods.scratch_mount(), {"name": "metrics", "mountPath": METRICS_FOLDER}, *plan.database.mounts()]
    if plan.auth_config:
        mounts.append(pods.read_only("auth", AUTH_FOLDER))
    return {
        "name": names.SERVER,
        "image": plan.image,
        "command": ["mlflow"],
        "args": server_arguments(plan),
        "env": server_environment(plan),
        "ports": [{"name": names.HTTP, "containerPort": names.SERVER_PORT, "protocol": "TCP"}],
        "startupProbe": _probe(periodSeconds=5, failureThreshold=_START_PROBES),
        "readinessProbe": _probe(periodSeconds=10, failureThreshold=3),
        "livenessProbe": _probe(periodSeconds=20, failureThreshold=6),
        "resources": pods.resources(plan.settings.requests, plan.settings.memory_limit),
        "securityContext": pods.container_security(),
        "volumeMounts": mounts,
    }


def _probe(**timing: int) -> Manifest:
    return {"httpGet": {"path": "/health", "port": names.HTTP}, "timeoutSeconds": 5, **timing}


def wait_container(plan: ServerPlan) -> Manifest:
    """Return the container that waits, for a limited time, until the database answers."""
    return {
        "name": "wait-for-database",
        "image": plan.image,
        "command": ["python"],
        "args": [f"{SCRIPTS_FOLDER}/wait_for_database.py"],
        "env": [
            pods.plain("HOME", pods.SCRATCH),
            pods.plain("WAIT_SECONDS", str(WAIT_SECONDS)),
            *plan.database.environment(),
        ],
        "resources": pods.resources({"cpu": "50m", "memory": "128Mi"}, "256Mi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [pods.scratch_mount(), pods.read_only("scripts", SCRIPTS_FOLDER), *plan.database.mounts()],
    }


def metrics_container(plan: ServerPlan) -> Manifest:
    """Return the container that hands the server's metrics to Prometheus, without a login."""
    probe = {"tcpSocket": {"port": names.METRICS}, "timeoutSeconds": 5}
    return {
        "name": names.METRICS,
        "image": plan.image,
        "command": ["python"],
        "args": [f"{SCRIPTS_FOLDER}/serve_metrics.py"],
        "env": [
            pods.plain("METRICS_FOLDER", METRICS_FOLDER),
            pods.plain("METRICS_PORT", str(names.METRICS_PORT)),
        ],
        "ports": [{"name": names.METRICS, "containerPort": names.METRICS_PORT, "protocol": "TCP"}],
        "readinessProbe": {**probe, "periodSeconds": 10},
        "livenessProbe": {**probe, "periodSeconds": 30, "failureThreshold": 5},
        "resources": pods.resources({"cpu": "10m", "memory": "64Mi"}, "128Mi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [
            pods.read_only("scripts", SCRIPTS_FOLDER),
            pods.read_only("metrics", METRICS_FOLDER),
        ],
    }


def metrics_volume() -> Manifest:
    """Return the volume that the server's workers count in."""
    return {"name": "metrics", "emptyDir": {"sizeLimit": "64Mi"}}


def spread() -> list[Manifest]:
    """Return the constraints that spread the pods over zones and nodes where there are several."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": names.selector(names.SERVER)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
