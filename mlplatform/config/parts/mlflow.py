"""The MLflow that the stack provisions, with its database and artifact store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.mlflow import MlflowSection
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.versions import VersionRow


def needed_charts(settings: Settings) -> Iterator[str]:
    """Yield the community's chart, where it is to be that one."""
    if settings.mlflow and settings.mlflow.variant == "communityChart":
        yield "mlflow"


def images(settings: Settings, row: VersionRow) -> dict[str, str]:
    """Return the images of the tracking server, its database and its artifact store."""
    if settings.mlflow is None:
        return {}
    database = {"postgresql": row.images["postgresql"]} if settings.mlflow.database.kind == "cloudNativePg" else {}
    minio = settings.mlflow.artifacts.minio
    store = {"minio": minio.image, "minio-client": minio.client_image} if minio else {}
    return {"mlflow": row.images["mlflow"], **database, **store}


PART = Part(
    name="mlflow",
    section=MlflowSection,
    description="MLflow and its stores; none: not installed",
    charts=("mlflow",),
    needed_charts=needed_charts,
    images=images,
    namespace_field="namespace",
    secrets=(
        "minio-backup",
        "minio-mlflow",
        "minio-model-reader",
        "minio-releaser",
        "minio-root",
        "minio-training",
        "mlflow-admin",
        "mlflow-database",
        "mlflow-encryption",
        "mlflow-signing",
        "mlflow-training",
    ),
    needs=("cert_manager", "cloudnative_pg", "istio", "monitoring", "eks_services"),
)
