"""Which training jobs write artifacts themselves and bring no access of their own: they get a role. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config import Settings
    from mlplatform.config.training import Training


def jobs_without_access(settings: Settings) -> Iterator[tuple[int, Training]]:
    """Yield (place in the settings, job) for each; none where MLflow writes for its clients, or keeps nothing on S3."""
    mlflow = settings.mlflow
    if mlflow is None or mlflow.artifacts.s3 is None or mlflow.artifacts.access != "direct":
        return
    for index, job in enumerate(settings.training):
        if job.role_arn is None and job.store_secret is None:
            yield index, job
