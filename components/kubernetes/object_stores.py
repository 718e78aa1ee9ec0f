"""How model servers reach the object store: pure functions from plain data to Kubernetes objects.

Sources: KServe 0.20 ``pkg/credentials/s3`` for the annotations and keys; rclone's S3 backend for the
``RCLONE_CONFIG_<REMOTE>_*`` variables, which Seldon's storage initializer reads with the URI's scheme as remote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import pulumi

    from mlplatform.config import ObjectStore

Engine = Literal["kserve", "seldon"]

_S3_REGION = "serving.kserve.io/s3-region"
KSERVE_SECRET = "model-store"  # noqa: S105 - the name of a Secret, not its content
SELDON_SECRET = "model-store-rclone"  # noqa: S105 - the name of a Secret, not its content


@dataclass(frozen=True, kw_only=True)
class StoreAccess:
    """Where the models lie and what lets a model server in.

    Attributes:
        service_account: account of the model servers, created in every namespace that serves models.
        role_arn: IAM role of that account; one that the stack makes is not known before it is there.
        endpoint: URL of a MinIO or MinIO-like store, ``None`` for AWS S3.
        region: region of the bucket.
        access_key_id: static credentials; with them ``secret_access_key``.
        secret_access_key: a secret Output.
        existing_secret: a Secret that somebody else keeps in each namespace; it says all the rest itself.

    """

    service_account: str
    role_arn: pulumi.Input[str] | None = None
    endpoint: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: pulumi.Input[str] | None = field(default=None, repr=False)
    existing_secret: str | None = None

    @classmethod
    def from_settings(cls, store: ObjectStore) -> StoreAccess:
        """Return the access that the settings spell out."""
        keys = store.credentials
        return cls(
            service_account=store.service_account,
            role_arn=store.role_arn,
            endpoint=store.endpoint,
            region=store.region,
            access_key_id=keys.access_key_id if keys else None,
            secret_access_key=keys.secret_access_key.output() if keys else None,
            existing_secret=store.existing_secret,
        )

    @classmethod
    def of_minio(
        cls, store: ObjectStore, *, endpoint: str, access_key_id: str, secret_access_key: pulumi.Input[str]
    ) -> StoreAccess:
        """Return the access to the stack's own MinIO (``objectStore.minio``).

        Args:
            store: the settings, which name the service account.
            endpoint: URL inside the cluster, for example ``http://minio.mlflow.svc:9000``.
            access_key_id: of a user that may only read the models.
            secret_access_key: of the same user, a secret Output.

        """
        return cls(
            service_account=store.service_account,
            endpoint=endpoint,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
        )


def service_account_annotations(store: StoreAccess) -> dict[str, pulumi.Input[str]]:
    """Return the annotations of the service account: the IAM role it may take, and where, if any.

    With a role, KServe reads the region from the account (``pkg/credentials/s3/s3_service_account.go``).
    """
    if store.role_arn is None:
        return {}
    region = {_S3_REGION: store.region} if store.region else {}
    return {"eks.amazonaws.com/role-arn": store.role_arn, **region}


def secret_name(store: StoreAccess, engine: Engine) -> str | None:
    """Return the Secret that an engine's storage initializer reads, ``None`` where it needs none.

    KServe takes everything from the service account unless there are static credentials. rclone knows no store until
    its remote is configured, so Seldon always needs a Secret, if only with the type of the store.
    """
    if store.existing_secret:
        return store.existing_secret
    if engine == "seldon":
        return SELDON_SECRET
    return KSERVE_SECRET if store.access_key_id else None


def kserve_annotations(store: StoreAccess) -> dict[str, str]:
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


def rclone_settings(store: StoreAccess) -> dict[str, str]:
    """Return the rclone variables of the remote ``s3`` that are no secret."""
    variables = {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        # rclone's name for MinIO and stores that behave like it.
        "RCLONE_CONFIG_S3_PROVIDER": "Minio" if store.endpoint else "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false" if store.access_key_id else "true",
    }
    if store.endpoint:
        variables["RCLONE_CONFIG_S3_ENDPOINT"] = store.endpoint
    else:
        # Under a key of KMS an ETag is no MD5. rclone compares it with one after each download, and would throw every
        # small file away, unless it is told. For reading that is all it does: no header is sent, no right is needed,
        # and files under S3's own keys are read as well (rclone docs/content/s3.md, "Key Management System (KMS)").
        variables["RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION"] = "aws:kms"
    if store.region:
        variables["RCLONE_CONFIG_S3_REGION"] = store.region
    return variables


def store_secrets(store: StoreAccess, engine: Engine) -> dict[str, pulumi.Input[str]]:
    """Return the content of the Secret that the stack keeps for an engine, empty where it keeps none."""
    if store.existing_secret or (engine == "kserve" and not store.access_key_id):
        return {}
    identity, key = (
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        if engine == "kserve"
        else ("RCLONE_CONFIG_S3_ACCESS_KEY_ID", "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY")
    )
    content: dict[str, pulumi.Input[str]] = {**rclone_settings(store)} if engine == "seldon" else {}
    if store.access_key_id is not None and store.secret_access_key is not None:
        content |= {identity: store.access_key_id, key: store.secret_access_key}
    return content
