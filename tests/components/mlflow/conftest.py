import pytest

from components.kubernetes.object_stores import ObjectStore
from components.mlflow.connection import DatabaseConnection
from components.mlflow.exposure import public_url
from components.mlflow.plan import ServerPlan
from mlplatform.config.mlflow import MlflowSection

MINIO = {"image": "quay.io/minio/minio:v1", "clientImage": "quay.io/minio/mc:v1"}


@pytest.fixture(scope="session")
def settings():
    """Return a function that builds MLflow's settings as a stack file says them."""

    def build(**changes):
        return MlflowSection.model_validate({"artifacts": {"minio": MINIO}, **changes})

    return build


@pytest.fixture(scope="session")
def plan(settings):
    """Return a function that builds a plan: in-cluster database and MinIO, basic auth."""

    def build(*, database=None, store=None, production=False, metrics=True, encryption_version=1, **changes):
        wanted = settings(**changes)
        return ServerPlan(
            settings=wanted,
            production=production,
            image="ghcr.io/mlflow/mlflow:v3.17.2-full",
            database=database
            or DatabaseConnection(
                host="mlflow-db-rw.mlflow.svc",
                port=5432,
                database="mlflow",
                ssl_mode="verify-full",
                secret="mlflow-database",
                ca_secret="mlflow-db-ca",
                pod_labels={"cnpg.io/cluster": "mlflow-db"},
            ),
            store=store
            or ObjectStore(
                bucket="mlflow-artifacts",
                region="us-east-1",
                endpoint="http://minio.mlflow.svc:9000",
                secret="minio-mlflow",
                pod_labels={"app.kubernetes.io/name": "minio", "app.kubernetes.io/part-of": "mlplatform"},
            ),
            auth_config="mlflow-auth-1" if wanted.auth == "basic" else None,
            scripts="mlflow-scripts-1",
            public_url=public_url(wanted.exposure, None),
            metrics=metrics,
            encryption_version=encryption_version,
            rotation={"mlplatform.dev/secret-rotation": "1"},
        )

    return build
