"""MLflow: tracking server, model registry, database and artifact store."""

from components.mlflow.alerts import alert_target
from components.mlflow.args import MlflowArgs
from components.mlflow.logins import Login
from components.mlflow.minio import Minio, MinioArgs
from components.mlflow.minio_setup import Releases
from components.mlflow.mlflow import Mlflow
from components.mlflow.postgres import Postgres, PostgresArgs
from components.mlflow.tracking_server import CommunityChart, TrackingServer, TrackingServerArgs

__all__ = [
    "CommunityChart",
    "Login",
    "Minio",
    "MinioArgs",
    "Mlflow",
    "MlflowArgs",
    "Postgres",
    "PostgresArgs",
    "Releases",
    "TrackingServer",
    "TrackingServerArgs",
    "alert_target",
]
