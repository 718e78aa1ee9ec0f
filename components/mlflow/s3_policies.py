"""What a client of the object store may do: IAM-style policy documents. Pure.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/list_amazons3.html, which MinIO follows.
"""

from __future__ import annotations

from typing import Any, Literal

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
    place = f"arn:aws:s3:::{bucket}"
    listing: dict[str, Any] = {"Effect": "Allow", "Action": _LIST, "Resource": [place]}
    if prefix:
        # Listing takes place on the bucket; only this condition keeps it to the prefix.
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": [*_LOOK, *(_UNFINISHED if rights == "release" else [])], "Resource": [place]},
            listing,
            {
                "Effect": "Allow",
                "Action": _OBJECTS[rights],
                "Resource": [f"{place}/{prefix}*"],
            },
        ],
    }
