"""One S3 bucket: versioned, encrypted, private, reached over TLS only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import s3

from components.aws.iam.size import text
from components.aws.tags import tags
from components.resource_options import stateful

if TYPE_CHECKING:
    from components.aws.iam.shape import Document
    from mlplatform.config import Settings

# Parts of an upload that nobody finished cost as much as an object and show in no listing. The largest model is
# uploaded in hours.
ABORT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Arguments of a bucket.

    Attributes:
        settings: the stack's settings, with ``aws``.
        name: its name.
        key_arn: ARN of the key that its objects are encrypted with.
        policy: its policy.
        noncurrent_days: days after which S3 forgets a version that was overwritten or deleted; ``None`` for never.

    """

    settings: Settings
    name: str
    key_arn: pulumi.Input[str]
    policy: Document
    noncurrent_days: int | None = None


class Bucket(pulumi.ComponentResource):
    """A bucket with all that keeps it private.

    Its parts are as protected and as lasting as itself: a bucket that stays without its policy would stay open.

    Attributes:
        ready: what makes it private, versioned and encrypted: before that, nothing is to lie in it.

    """

    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the bucket.

        Args:
            name: logical name of everything.
            args: what it is like.
            opts: options of the component.

        """
        super().__init__("mlplatform:aws:Bucket", name, {"bucket": args.name}, opts)
        whole = stateful(self, production=args.settings.production)
        bucket = s3.Bucket(name, bucket=args.name, tags=tags(args.settings), opts=whole)
        versioning = s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=whole
        )
        by_key: s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict = {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": args.key_arn,
        }
        encryption = s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            # One request to KMS for many objects.
            rules=[{"apply_server_side_encryption_by_default": by_key, "bucket_key_enabled": True}],
            opts=whole,
        )
        closed = s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=whole,
        )
        # S3 refuses some changes of one bucket at the same time (OperationAborted): one after the other.
        ownership = s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            # Objects have no ACLs: what the policies say is all.
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=stateful(self, production=args.settings.production, depends_on=[closed]),
        )
        policy = s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=text(args.policy),
            opts=stateful(self, production=args.settings.production, depends_on=[closed, ownership]),
        )
        s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=lifecycle(args.noncurrent_days),
            opts=stateful(self, production=args.settings.production, depends_on=[versioning, policy]),
        )
        self.ready = [versioning, encryption, closed, ownership, policy]
        self.register_outputs({"arn": bucket.arn})


def lifecycle(noncurrent_days: int | None) -> list[s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Return the rules of a bucket's lifecycle: none of them ends a current version. Pure.

    Expiry is no request, and no bucket policy stops it.

    Args:
        noncurrent_days: days after which a version that was overwritten or deleted goes; ``None`` for never.

    """
    rules: list[s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": "unfinished-uploads",
            "status": "Enabled",
            # All keys.
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": ABORT_DAYS},
        }
    ]
    if noncurrent_days is not None:
        rules.append(
            {
                "id": "former-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": noncurrent_days},
                # What is left of a deleted object once its versions are gone.
                "expiration": {"expired_object_delete_marker": True},
            }
        )
    return rules
