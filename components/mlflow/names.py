"""Names, ports and labels that the parts of MLflow know each other by."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import pulumi

from components.kubernetes.metadata import labels

SERVER: Final = "mlflow"
PREPARE: Final = "mlflow-prepare"
COLLECT: Final = "mlflow-gc"
SERVER_METRICS: Final = "mlflow-metrics"
MINIO: Final = "minio"
MINIO_SETUP: Final = "minio-setup"

SERVER_PORT: Final = 5000
METRICS_PORT: Final = 9464
POSTGRES_PORT: Final = 5432
MINIO_CONSOLE_PORT: Final = 9001

# Port names, by which Services, probes and monitors refer to ports.
HTTP: Final = "http"
METRICS: Final = "metrics"

# Secrets of the namespace, with the keys that their readers expect.
DATABASE_SECRET: Final = "mlflow-database"  # noqa: S105 - the name of a Secret, not its content
DATABASE_CA_SECRET: Final = "mlflow-database-ca"  # noqa: S105 - same
ADMIN_SECRET: Final = "mlflow-admin"  # noqa: S105 - same
TRAINING_SECRET: Final = "mlflow-training"  # noqa: S105 - same
SERVER_SECRET: Final = "mlflow-server"  # noqa: S105 - same
ENCRYPTION_SECRET: Final = "mlflow-encryption"  # noqa: S105 - same

ADMIN_USER: Final = "admin"
TRAINING_USER: Final = "training"

_HASH_LENGTH = 8


def pod_labels(name: str) -> dict[str, str]:
    """Return the labels of an application's objects and pods."""
    return labels(name)


def selector(name: str) -> dict[str, str]:
    """Return the labels that select an application's pods; they never change, unlike the others."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "mlplatform"}


def content_name(name: str, content: Any) -> str:
    """Return a name that changes with the content, for what cannot be changed in place: ``mlflow-prepare-1a2b3c4d``.

    Args:
        name: first part of the name.
        content: plain data; of what is not known yet, only where it stands counts, so that the name is known.

    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_unknown)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]}"


def _unknown(value: Any) -> str:
    if isinstance(value, pulumi.Output):
        return "known later"
    message = f"{type(value).__name__} is no plain data"
    raise TypeError(message)


def service_host(name: str, namespace: str) -> str:
    """Return the host name of a Service, which every cluster resolves whatever its domain is."""
    return f"{name}.{namespace}.svc"
