"""What buckets permit, whatever rights a role has: bucket policies. Pure.

The rights of the stack's own roles stand in their own policies; here stand the refusals that bind administrators, too,
and the readers of other stacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.iam.shape import Document, Statement, bucket_arn, document, exact, folder
from components.s3_policies import bucket_statements

if TYPE_CHECKING:
    from collections.abc import Sequence


def private_bucket_policy(bucket: str, readers: Sequence[str] = (), prefix: str = "") -> Document:
    """Return the policy of a bucket that is reached over TLS only.

    Args:
        bucket: its name.
        readers: ARNs of roles of other stacks or accounts that read what lies below the prefix; a role of another
            account needs the same rights in its own policy, and the key (:mod:`components.aws.iam.key_policies`).
        prefix: folder that readers are held to, ``""`` for the whole bucket.

    Raises:
        ValueError: a reader that stands for more than one principal; the bucket would be public.

    """
    return document([_no_plain_http(bucket), *_readers(bucket, readers, prefix)])


def release_bucket_policy(bucket: str, releaser_arn: str, readers: Sequence[str] = (), prefix: str = "") -> Document:
    """Return the policy of the release bucket: only the releaser writes, nobody overwrites, nobody deletes.

    Of the parts of an upload, S3 asks no condition (``s3:ObjectCreationOperation`` is false for them); the request that
    puts them together creates the object, and has to be conditional. Source: Amazon S3 User Guide, "Enforce conditional
    writes on Amazon S3 buckets".

    Args:
        bucket: its name.
        releaser_arn: ARN of the releaser's role.
        readers: see :func:`private_bucket_policy`.
        prefix: likewise.

    Raises:
        ValueError: see :func:`private_bucket_policy`.

    """
    exact("the releaser", releaser_arn)
    objects = [f"{bucket_arn(bucket)}/*"]
    return document(
        [
            {
                "Sid": "OnlyTheReleaserWrites",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:PutObject"],
                "Resource": objects,
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": releaser_arn}},
            },
            {
                "Sid": "NobodyOverwrites",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:PutObject"],
                "Resource": objects,
                "Condition": {
                    "Null": {"s3:if-none-match": "true"},
                    "Bool": {"s3:ObjectCreationOperation": "true"},
                },
            },
            {
                "Sid": "NobodyDeletes",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                "Resource": objects,
            },
            _no_plain_http(bucket),
            *_readers(bucket, readers, prefix),
        ]
    )


def _no_plain_http(bucket: str) -> Statement:
    """Source: Amazon S3 User Guide, "Security best practices for Amazon S3", encryption of data in transit."""
    arn = bucket_arn(bucket)
    return {
        "Sid": "NobodyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        # A refusal covers what is to come, too.
        "Action": ["s3:*"],
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _readers(bucket: str, readers: Sequence[str], prefix: str) -> list[Statement]:
    if not readers:
        return []
    exact("the reader", *readers)
    who = {"AWS": sorted(set(readers))}
    return [{**statement, "Principal": who} for statement in bucket_statements(bucket, "read", [folder(prefix)])]
