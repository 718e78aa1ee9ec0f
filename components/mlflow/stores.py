"""The object stores of MLflow: its artifacts and the database's backups. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from components.kubernetes.object_stores import ACCESS_KEY_NAMES, ObjectStore
from components.mlflow import pods

if TYPE_CHECKING:
    from mlplatform.config.mlflow import MlflowSection

Manifest = dict[str, Any]
Access = Literal["proxied", "direct"]


@dataclass(frozen=True, kw_only=True)
class MlflowStores:
    """The stores of MLflow, each with the credential of its own client.

    Attributes:
        artifacts: the artifact store, as the tracking server and its jobs reach it.
        backups: the store of the database's backups, as the database reaches it; ``None`` without.

    """

    artifacts: ObjectStore
    backups: ObjectStore | None = None


def s3_stores(settings: MlflowSection) -> MlflowStores:
    """Return the S3 buckets that the settings name.

    Raises:
        ValueError: the settings name none.

    """
    s3, backup = settings.artifacts.s3, settings.database.backup
    if s3 is None:
        message = "neither MinIO nor S3; the rules of the settings refuse that"
        raise ValueError(message)
    return MlflowStores(
        artifacts=ObjectStore(
            endpoint=s3.endpoint,
            region=s3.region,
            bucket=settings.artifacts.bucket,
            role_arn=s3.role_arn,
            secret=s3.existing_secret,
        ),
        backups=ObjectStore(
            endpoint=s3.endpoint,
            region=s3.region,
            bucket=backup.bucket,
            role_arn=backup.role_arn,
            secret=backup.existing_secret,
        )
        if backup
        else None,
    )


def store_environment(store: ObjectStore) -> list[Manifest]:
    """Return what MLflow and boto3 read of a store; every secret is a reference."""
    variables = [pods.plain("AWS_DEFAULT_REGION", store.region)] if store.region else []
    if store.endpoint:
        variables += [
            pods.plain("MLFLOW_S3_ENDPOINT_URL", store.endpoint),
            # Not every S3-like store knows the checksums that boto3 adds unasked since 1.36.
            pods.plain("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
            pods.plain("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required"),
        ]
    if store.secret:
        variables += [pods.from_secret(key, store.secret, key) for key in ACCESS_KEY_NAMES]
    return variables


def artifact_arguments(store: ObjectStore, access: Access) -> list[str]:
    """Return the arguments of ``mlflow server`` that say where artifacts go.

    Args:
        store: the artifact store.
        access: ``proxied``: clients go through the tracking server; ``direct``: they go to the store.

    """
    if access == "proxied":
        return ["--serve-artifacts", "--artifacts-destination", store.uri]
    return ["--no-serve-artifacts", "--default-artifact-root", store.uri]
