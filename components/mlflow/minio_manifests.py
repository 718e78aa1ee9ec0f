"""MinIO in the cluster: one server with a volume. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.object_stores import MINIO_PORT
from components.mlflow import names, pods

if TYPE_CHECKING:
    from mlplatform.config.mlflow import MinioSection

Manifest = dict[str, Any]

# The user of upstream's image; any other would do.
USER: Final = 1000
_DATA = "/data"
ROOT_SECRET: Final = "minio-root"  # noqa: S105 - the name of a Secret, not its content
HEADLESS: Final = "minio-headless"
REGION: Final = "us-east-1"
_SERVER_REQUESTS = {"cpu": "250m", "memory": "512Mi"}
_SERVER_MEMORY = "1Gi"


def endpoint(namespace: str) -> str:
    """Return the URL of the API inside the cluster."""
    return f"http://{names.service_host(names.MINIO, namespace)}:{MINIO_PORT}"


def services(namespace: str) -> list[Manifest]:
    """Return the Service that clients use, and the one that the StatefulSet names its pod by."""
    ports = [
        {"name": "api", "port": MINIO_PORT, "targetPort": "api", "protocol": "TCP"},
        {"name": "console", "port": names.MINIO_CONSOLE_PORT, "targetPort": "console", "protocol": "TCP"},
    ]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(names.MINIO, namespace),
            "spec": {"type": "ClusterIP", "selector": names.selector(names.MINIO), "ports": ports},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(HEADLESS, namespace),
            "spec": {
                "clusterIP": "None",
                "publishNotReadyAddresses": True,
                "selector": names.selector(names.MINIO),
                "ports": ports[:1],
            },
        },
    ]


def stateful_set(settings: MinioSection, namespace: str, image: str, rotation: dict[str, str]) -> Manifest:
    """Return the StatefulSet: one pod, one volume.

    Args:
        settings: MinIO's settings.
        namespace: its namespace.
        image: image of the server, where it is pulled from.
        rotation: pod annotations that restart the pod after a rotation of the root password.

    """
    labels = names.pod_labels(names.MINIO)
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": settings.storage}},
        **({"storageClassName": settings.storage_class} if settings.storage_class else {}),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(names.MINIO, namespace),
        "spec": {
            "replicas": 1,
            "serviceName": HEADLESS,
            "selector": {"matchLabels": names.selector(names.MINIO)},
            # The volume stays when the StatefulSet goes.
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "template": {
                "metadata": {"labels": labels, "annotations": dict(rotation)},
                "spec": {
                    "serviceAccountName": names.MINIO,
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": pods.pod_security(USER),
                    "terminationGracePeriodSeconds": 60,
                    "containers": [_server(image)],
                    "volumes": [pods.scratch_volume("1Gi")],
                },
            },
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data", "labels": names.selector(names.MINIO)},
                    "spec": claim,
                }
            ],
        },
    }


def _server(image: str) -> Manifest:
    return {
        "name": names.MINIO,
        "image": image,
        "command": ["minio"],
        "args": [
            "server",
            _DATA,
            "--address",
            f":{MINIO_PORT}",
            "--console-address",
            f":{names.MINIO_CONSOLE_PORT}",
            "--certs-dir",
            f"{pods.SCRATCH}/certs",
        ],
        "env": [
            pods.plain("HOME", pods.SCRATCH),
            pods.plain("MINIO_UPDATE", "off"),
            pods.from_secret("MINIO_ROOT_USER", ROOT_SECRET, "username"),
            pods.from_secret("MINIO_ROOT_PASSWORD", ROOT_SECRET, "password"),
        ],
        "ports": [
            {"name": "api", "containerPort": MINIO_PORT, "protocol": "TCP"},
            {"name": "console", "containerPort": names.MINIO_CONSOLE_PORT, "protocol": "TCP"},
        ],
        "startupProbe": _probe("/minio/health/live", periodSeconds=5, failureThreshold=60),
        "livenessProbe": _probe("/minio/health/live", periodSeconds=20, failureThreshold=3),
        "readinessProbe": _probe("/minio/health/ready", periodSeconds=10, failureThreshold=3),
        "resources": pods.resources(_SERVER_REQUESTS, _SERVER_MEMORY),
        "securityContext": pods.container_security(),
        "volumeMounts": [{"name": "data", "mountPath": _DATA}, pods.scratch_mount()],
    }


def _probe(path: str, **timing: int) -> Manifest:
    return {"httpGet": {"path": path, "port": "api"}, "timeoutSeconds": 5, **timing}


def metadata(name: str, namespace: str, application: str = names.MINIO) -> Manifest:
    """Return the metadata of an object."""
    return {"name": name, "namespace": namespace, "labels": names.pod_labels(application)}
