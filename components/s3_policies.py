"""What a client of an S3 store may do: statements of IAM policies. Pure; for AWS and for MinIO.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html), which MinIO follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK = ["s3:GetBucketLocation"]
_LIST = ["s3:ListBucket"]
_READ = ["s3:GetObject"]
# Small objects in one request, large ones in parts; both overwrite: only versioning of the bucket undoes that.
_UPLOAD = [
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]
_DELETE = ["s3:DeleteObject"]
# To go on with an upload that broke off. Neither AWS nor MinIO knows the condition s3:prefix of this action.
_UNFINISHED = ["s3:ListBucketMultipartUploads"]

Statement = dict[str, Any]
Rights = Literal["read", "upload", "release", "write"]
_OBJECTS: dict[Rights, list[str]] = {
    "read": _READ,
    "upload": [*_READ, *_UPLOAD],
    "release": [*_READ, *_UPLOAD],
    "write": [*_READ, *_UPLOAD, *_DELETE],
}


def bucket_policy(bucket: str, rights: Rights, prefix: str = "") -> dict[str, Any]:
    """Return the policy of a client that has to do with one bucket, or with one prefix of it.

    Args:
        bucket: name of the bucket.
        rights: ``read``; ``upload`` for reading and writing; ``release`` for going on with uploads that broke off,
            too; ``write`` for deleting, too.
        prefix: ``folder/`` in the bucket that all its objects lie under; empty for the whole bucket.

    """
    return {"Version": "2012-10-17", "Statement": bucket_statements(bucket, rights, [prefix])}


def bucket_statements(
    bucket: str, rights: Rights, prefixes: Sequence[str], *, lists_whole_bucket: bool = False
) -> list[Statement]:
    """Return the statements of a client that has to do with some prefixes of a bucket.

    Args:
        bucket: name of the bucket.
        rights: see :func:`bucket_policy`.
        prefixes: each ``folder/``, or one empty text for the whole bucket. At least one.
        lists_whole_bucket: for clients that ask whether the bucket is there (``HeadBucket``): S3 wants the right to
            list for that, and such a request names no prefix that a condition could hold it to.

    Raises:
        ValueError: no prefix, which a client without rights would need no policy for.

    """
    if not prefixes:
        raise ValueError("a policy without a prefix; name at least one prefix, or '' for the whole bucket")
    arn = f"arn:aws:s3:::{bucket}"
    listing: Statement = {"Effect": "Allow", "Action": _LIST, "Resource": [arn]}
    if all(prefixes) and not lists_whole_bucket:
        # Listing takes place on the bucket; only this condition keeps it to the prefix.
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}}
    return [
        {"Effect": "Allow", "Action": [*_LOOK, *(_UNFINISHED if rights == "release" else [])], "Resource": [arn]},
        listing,
        {"Effect": "Allow", "Action": _OBJECTS[rights], "Resource": [f"{arn}/{prefix}*" for prefix in prefixes]},
    ]
