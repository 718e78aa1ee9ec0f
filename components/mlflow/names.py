"""Names, ports and labels that the parts of MLflow know each other by."""

from __future__ import annotations

from typing import Final

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


def pod_labels(name: str) -> dict[str, str]:
    """Return the labels of an application's objects and pods."""
    return labels(name)


def selector(name: str) -> dict[str, str]:
    """Return the labels that select an application's pods; they never change, unlike the others."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "mlplatform"}


def service_host(name: str, namespace: str) -> str:
    """Return the host name of a Service, which every cluster resolves whatever its domain is."""
    return f"{name}.{namespace}.svc"
