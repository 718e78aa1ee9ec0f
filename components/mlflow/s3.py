"""S3 buckets, the stack's own or somebody else's, as artifact store and as place of backups. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.mlflow.connection import ArtifactStore

if TYPE_CHECKING:
    from mlplatform.config.mlflow import Mlflow as MlflowSettings


@dataclass(frozen=True, kw_only=True)
class OwnBuckets:
    """Buckets that the stack makes itself.

    Attributes:
        artifacts: the artifact store.
        backups: the store of the database's backups, ``None`` without.

    """

    artifacts: ArtifactStore
    backups: ArtifactStore | None = None


def s3_store(settings: MlflowSettings, own: OwnBuckets | None) -> ArtifactStore:
    """Return the S3 bucket of the artifacts: the stack's own where there is one.

    Raises:
        ValueError: the settings name none.

    """
    if own:
        return own.artifacts
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


def s3_backups(settings: MlflowSettings, own: OwnBuckets | None) -> ArtifactStore | None:
    """Return the S3 bucket of the backups, with their own credential; ``None`` without backups."""
    if own:
        return own.backups
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
