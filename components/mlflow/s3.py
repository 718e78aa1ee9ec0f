"""An S3 bucket that somebody else made, as artifact store and as place of backups. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.mlflow.connection import ArtifactStore

if TYPE_CHECKING:
    from settings.mlflow import Mlflow as MlflowSettings


def s3_store(settings: MlflowSettings) -> ArtifactStore:
    """Return the S3 bucket of the artifacts.

    Raises:
        ValueError: the settings name none.

    """
    s3 = settings.artifacts.s3
    if s3 is None:
        message = "neither MinIO nor S3; settings.rules refuses that"
        raise ValueError(message)
    return ArtifactStore(
        bucket=settings.artifacts.bucket,
        access=settings.artifacts.access,
        region=s3.region,
        endpoint=s3.endpoint,
        secret=s3.existing_secret,
        role_arn=s3.role_arn,
    )


def s3_backups(settings: MlflowSettings) -> ArtifactStore | None:
    """Return the S3 bucket of the backups, with their own credential; ``None`` without backups."""
    s3, backup = settings.artifacts.s3, settings.database.backup
    if s3 is None or backup is None:
        return None
    return ArtifactStore(
        bucket=backup.bucket,
        access="direct",
        region=s3.region,
        endpoint=s3.endpoint,
        secret=backup.existing_secret,
        role_arn=backup.role_arn,
    )
