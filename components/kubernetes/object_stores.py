"""Object stores as their clients see them, and how model servers reach theirs. Pure functions and plain data.

Sources: KServe 0.20 ``pkg/credentials/s3`` for the annotations and keys; rclone's S3 backend for the
``RCLONE_CONFIG_<REMOTE>_*`` variables, which Seldon's storage initializer reads with the URI's scheme as remote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from mlplatform.config import ObjectStoreSection

Engine = Literal["kserve", "seldon"]

# Its regional and private names have other addresses and the same port, and so has STS.
AWS_S3: Final = "https://s3.amazonaws.com"
# What every SDK of AWS calls a key's two halves, as variables and, here, as keys of Secrets.
ACCESS_KEY_NAMES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# Where MinIO listens unless it is told otherwise.
MINIO_PORT: Final = 9000
_S3_REGION = "serving.kserve.io/s3-region"
KSERVE_SECRET = "model-store"  # noqa: S105 - the name of a Secret, not its content
SELDON_SECRET = "model-store-rclone"  # noqa: S105 - the name of a Secret, not its content


@dataclass(frozen=True, kw_only=True)
class StoreKeys:
    """Static credentials of a user of a store.

    Attributes:
        access_key_id: its access key id, which is no secret.
        secret_access_key: its secret key, a secret Output.

    """

    access_key_id: str
    secret_access_key: pulumi.Input[str] = field(repr=False)

    def content(self) -> dict[str, pulumi.Input[str]]:
        """Return both under the names that SDKs of AWS know: the content of a Secret."""
        return dict(zip(ACCESS_KEY_NAMES, (self.access_key_id, self.secret_access_key), strict=True))


@dataclass(frozen=True, kw_only=True)
class ObjectStore:
    """AWS S3, or a store that behaves like it, as one of its clients reaches it.

    A client without a role, keys or a Secret takes the credentials of its machine or, on EKS, of Pod Identity.

    Attributes:
        endpoint: URL of MinIO or the like, ``None`` for AWS S3.
        region: its region, ``None`` where nobody asks.
        bucket: the bucket, ``None`` for a client that is told of buckets by URIs.
        prefix: folder in the bucket that everything lies under, without a slash at its end; empty for the whole bucket.
        role_arn: IAM role of the client's service account; one that the stack makes is not known before it is there.
        keys: static credentials that the stack knows.
        secret: Secret in the client's namespace with static credentials (``AWS_ACCESS_KEY_ID`` and so on).
        secret_holds_endpoint: whether only that Secret says where the store is.
        pod_labels: labels of its pods where they run in the client's own namespace.

    """

    endpoint: str | None = None
    region: str | None = None
    bucket: str | None = None
    prefix: str = ""
    role_arn: pulumi.Input[str] | None = None
    keys: StoreKeys | None = None
    secret: str | None = None
    secret_holds_endpoint: bool = False
    pod_labels: Mapping[str, str] | None = None

    @classmethod
    def from_settings(cls, section: ObjectStoreSection) -> ObjectStore:
        """Return the store of the models as the settings spell it out."""
        keys = section.credentials
        return cls(
            endpoint=section.endpoint,
            region=section.region,
            role_arn=section.role_arn,
            keys=StoreKeys(access_key_id=keys.access_key_id, secret_access_key=keys.secret_access_key.output())
            if keys
            else None,
            secret=section.existing_secret,
            # KServe's Secret has annotations for it, rclone's a variable.
            secret_holds_endpoint=section.existing_secret is not None,
        )

    @property
    def url(self) -> str:
        """URL that clients call."""
        return self.endpoint or AWS_S3

    @property
    def tls(self) -> bool:
        """Whether clients speak TLS with it."""
        return urlsplit(self.url).scheme == "https"

    @property
    def uri(self) -> str:
        """URI of the bucket, or of the folder in it.

        Raises:
            ValueError: there is no bucket.

        """
        if self.bucket is None:
            raise ValueError("a store without a bucket has no URI")
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


def role_annotations(role_arn: pulumi.Input[str] | None) -> dict[str, pulumi.Input[str]]:
    """Return the annotations of a service account that may take on an IAM role, empty without one.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    return {} if role_arn is None else {"eks.amazonaws.com/role-arn": role_arn}


def service_account_annotations(store: ObjectStore) -> dict[str, pulumi.Input[str]]:
    """Return the annotations of model servers' service account: the IAM role it may take, and where, if any.

    With a role, KServe reads the region from the account (``pkg/credentials/s3/s3_service_account.go``).
    """
    if store.role_arn is None:
        return {}
    return {**role_annotations(store.role_arn), **({_S3_REGION: store.region} if store.region else {})}


def secret_name(store: ObjectStore, engine: Engine) -> str | None:
    """Return the Secret that an engine's storage initializer reads, ``None`` where it needs none.

    KServe takes everything from the service account unless there are static credentials. rclone knows no store until
    its remote is configured, so Seldon always needs a Secret, if only with the type of the store.
    """
    if store.secret:
        return store.secret
    if engine == "seldon":
        return SELDON_SECRET
    return KSERVE_SECRET if store.keys else None


def kserve_annotations(store: ObjectStore) -> dict[str, str]:
    """Return the annotations of KServe's Secret that say where the store is."""
    annotations: dict[str, str] = {}
    if store.endpoint:
        # KServe wants host and port here, and the scheme as a flag.
        annotations["serving.kserve.io/s3-endpoint"] = urlsplit(store.endpoint).netloc
        annotations["serving.kserve.io/s3-usehttps"] = "1" if store.tls else "0"
    if store.region:
        annotations[_S3_REGION] = store.region
    return annotations


def rclone_settings(store: ObjectStore) -> dict[str, str]:
    """Return the rclone variables of the remote ``s3`` that are no secret."""
    variables = {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        # rclone's name for MinIO and stores that behave like it.
        "RCLONE_CONFIG_S3_PROVIDER": "Minio" if store.endpoint else "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false" if store.keys else "true",
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


def store_secrets(store: ObjectStore, engine: Engine) -> dict[str, pulumi.Input[str]]:
    """Return the content of the Secret that the stack keeps for an engine, empty where it keeps none."""
    if store.secret or (engine == "kserve" and not store.keys):
        return {}
    if engine == "kserve":
        return store.keys.content() if store.keys else {}
    content: dict[str, pulumi.Input[str]] = {**rclone_settings(store)}
    if store.keys:
        content["RCLONE_CONFIG_S3_ACCESS_KEY_ID"] = store.keys.access_key_id
        content["RCLONE_CONFIG_S3_SECRET_ACCESS_KEY"] = store.keys.secret_access_key
    return content
