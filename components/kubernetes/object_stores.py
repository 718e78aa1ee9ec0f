"""Object stores as their clients see them, and the account of model servers. Pure functions and plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from mlplatform.config import ObjectStoreSection

# Its regional and private names have other addresses and the same port, and so has STS.
AWS_S3: Final = "https://s3.amazonaws.com"
# What every SDK of AWS calls a key's two halves, as variables and, here, as keys of Secrets.
ACCESS_KEY_NAMES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# Where MinIO listens unless it is told otherwise.
MINIO_PORT: Final = 9000
# KServe reads it on a service account, and on a Secret.
S3_REGION: Final = "serving.kserve.io/s3-region"


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
    return {**role_annotations(store.role_arn), **({S3_REGION: store.region} if store.region else {})}
