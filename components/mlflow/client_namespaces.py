"""What MLflow has to do with in the rest of the stack, by its settings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.mlflow.minio_setup import Releases

if TYPE_CHECKING:
    from mlplatform.config import Settings


def client_namespaces(settings: Settings) -> tuple[str, ...]:
    """Return the namespaces of teams, who start jobs of their own, and of the stack's training jobs."""
    return tuple(sorted({*(team.name for team in settings.teams), *(job.namespace for job in settings.training)}))


def store_readers(settings: Settings) -> tuple[str, ...]:
    """Return the namespaces of model servers, where models lie in the stack's MinIO."""
    return tuple(sorted({model.namespace for model in settings.models})) if settings.object_store.minio else ()


def releases(settings: Settings) -> Releases | None:
    """Return the releases of models, where they lie in the stack's MinIO: there, where its model servers read."""
    store = settings.release_store
    if store is None or not settings.object_store.minio:
        return None
    return Releases(bucket=store.bucket, prefix=store.prefix, served=settings.registry.mode == "locked")
