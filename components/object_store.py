"""How model servers reach the object store: pure functions from the settings to Kubernetes objects.

Sources: KServe 0.20 ``pkg/credentials/s3`` for the annotations and keys; rclone's S3 backend for the
``RCLONE_CONFIG_<REMOTE>_*`` variables, which Seldon's storage initializer reads with the URI's scheme as remote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from settings import ObjectStore

Engine = Literal["kserve", "seldon"]

_S3_REGION = "serving.kserve.io/s3-region"
KSERVE_SECRET = "model-store"  # noqa: S105 - the name of a Secret, not its content
SELDON_SECRET = "model-store-rclone"  # noqa: S105 - the name of a Secret, not its content


def service_account_annotations(store: ObjectStore) -> dict[str, str]:
    """Return the annotations of the service account: the IAM role it may take, and where, if any.

    With a role, KServe reads the region from the account (``pkg/credentials/s3/s3_service_account.go``).
    """
    if not store.role_arn:
        return {}
    region = {_S3_REGION: store.region} if store.region else {}
    return {"eks.amazonaws.com/role-arn": store.role_arn, **region}


def secret_name(store: ObjectStore, engine: Engine) -> str | None:
    """Return the Secret that an engine's storage initializer reads, ``None`` where it needs none.

    KServe takes everything from the service account unless there are static credentials. rclone knows no store until
    its remote is configured, so Seldon always needs a Secret, if only with the type of the store.
    """
    if store.existing_secret:
        return store.existing_secret
    if engine == "seldon":
        return SELDON_SECRET
    return KSERVE_SECRET if store.credentials else None


def kserve_annotations(store: ObjectStore) -> dict[str, str]:
    """Return the annotations of KServe's Secret that say where the store is."""
    annotations: dict[str, str] = {}
    if store.endpoint:
        endpoint = urlsplit(store.endpoint)
        # KServe wants host and port here, and the scheme as a flag.
        annotations["serving.kserve.io/s3-endpoint"] = endpoint.netloc
        annotations["serving.kserve.io/s3-usehttps"] = "1" if endpoint.scheme == "https" else "0"
    if store.region:
        annotations[_S3_REGION] = store.region
    return annotations


def rclone_settings(store: ObjectStore) -> dict[str, str]:
    """Return the rclone variables of the remote ``s3`` that are no secret."""
    variables = {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        # rclone's name for MinIO and stores that behave like it.
        "RCLONE_CONFIG_S3_PROVIDER": "Minio" if store.endpoint else "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false" if store.credentials else "true",
    }
    if store.endpoint:
        variables["RCLONE_CONFIG_S3_ENDPOINT"] = store.endpoint
    if store.region:
        variables["RCLONE_CONFIG_S3_REGION"] = store.region
    return variables
