"""What all documents share: the version, names that must be exact, ARNs. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Document = dict[str, Any]
Statement = dict[str, Any]

# What IAM reads as more than itself: * and ? match, ${...} is a policy variable.
# Source: IAM User Guide, "IAM JSON policy elements: Variables and tags" and "... Resource".
_MEANT_WIDER = re.compile(r"[*?]|\$\{")


def document(statements: Iterable[Statement]) -> Document:
    """Return a policy document of the current version of the policy language."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def exact(what: str, *names: str) -> None:
    """Make sure that names stand for nothing but themselves.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    for name in names:
        if not name:
            raise ValueError(f"{what} is empty; write its exact name")
        if _MEANT_WIDER.search(name):
            raise ValueError(f"{what} '{name}' would match others, too; write an exact name without * ? or ${{")


def folder(prefix: str) -> str:
    """Return a prefix of keys as ``folder/``, or empty for the whole bucket.

    Raises:
        ValueError: it holds what IAM reads as a pattern.

    """
    plain = prefix.strip("/")
    if not plain:
        return ""
    exact("the prefix", plain)
    return f"{plain}/"


def managed_policy(name: str) -> str:
    """Return the ARN of a policy that AWS writes, by its path and name (AWS Managed Policy Reference Guide)."""
    return f"arn:aws:iam::aws:policy/{name}"


def bucket_arn(bucket: str) -> str:
    """Return the ARN of a bucket.

    Raises:
        ValueError: the name is a pattern.

    """
    exact("the bucket", bucket)
    return f"arn:aws:s3:::{bucket}"


def through_s3(bucket: str, region: str) -> dict[str, Any]:
    """Return the condition of a key's use: by way of S3, for the objects of one bucket.

    The context is the bucket with S3 Bucket Keys, the object without. Source: Amazon S3 User Guide, "Reducing the cost
    of SSE-KMS with Amazon S3 Bucket Keys".

    Args:
        bucket: its name.
        region: of bucket and key.

    Raises:
        ValueError: the name is a pattern.

    """
    arn = bucket_arn(bucket)
    return {
        "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [arn, f"{arn}/*"]},
    }
