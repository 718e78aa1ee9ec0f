"""Whether a store refuses to overwrite: found out on an object of its own, before anything else is written."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from mlplatform.registry.release.errors import ReleaseStoreError, StoreAnswerError
from mlplatform.registry.release.small_files import CONFLICT_TRIES, CONFLICTS, pause

if TYPE_CHECKING:
    from mlplatform.registry.release.client import StoreClient
    from mlplatform.registry.release.location import StoreLocation

# Beside the models' folders, none of which begins with a dot.
PROBE = ".mlplatform-conditional-writes"
_CONTENT = b"mlplatform writes this object again and again, to see that the store refuses to overwrite it.\n"
_CHECKSUM = base64.b64encode(hashlib.sha256(_CONTENT).digest()).decode("ascii")


def require_conditional_writes(client: StoreClient, store: StoreLocation, *, in_parts: bool) -> None:
    """Make sure that the store honours ``If-None-Match: *``; there are some that take the header and overwrite.

    A store that fails this has overwritten one object, with the same content.

    Args:
        client: of the store.
        store: place of the store's URI; the probe lies directly below.
        in_parts: whether uploads in parts have to be refused, too.

    Raises:
        ReleaseStoreError: the store overwrites.

    """
    # The first write may be the one that creates the object.
    if not (_put_refused(client, store) or _put_refused(client, store)):
        raise _overwrites(client, store, "PutObject")
    if in_parts and not _complete_refused(client, store):
        raise _overwrites(client, store, "CompleteMultipartUpload")


def _put_refused(client: StoreClient, store: StoreLocation) -> bool:
    for attempt in range(CONFLICT_TRIES):
        try:
            client.call(
                "put_object",
                expected={"PreconditionFailed", *CONFLICTS},
                Bucket=store.bucket,
                Key=store.key(PROBE),
                Body=_CONTENT,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=_CHECKSUM,
            )
        except StoreAnswerError as error:
            if error.code == "PreconditionFailed":
                return True
            pause(attempt)
        else:
            return False
    # It did refuse, every time, if for another writer's sake.
    return True


def _complete_refused(client: StoreClient, store: StoreLocation) -> bool:
    key = {"Bucket": store.bucket, "Key": store.key(PROBE)}
    upload = client.call("create_multipart_upload", ChecksumAlgorithm="SHA256", **key)["UploadId"]
    part = client.call(
        "upload_part",
        UploadId=upload,
        PartNumber=1,
        Body=_CONTENT,
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=_CHECKSUM,
        **key,
    )
    refused = False
    try:
        client.call(
            "complete_multipart_upload",
            expected={"PreconditionFailed", *CONFLICTS},
            UploadId=upload,
            IfNoneMatch="*",
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": _CHECKSUM}]},
            **key,
        )
    except StoreAnswerError:
        refused = True
        client.call("abort_multipart_upload", expected={"NoSuchUpload"}, UploadId=upload, **key)
    return refused


def _overwrites(client: StoreClient, store: StoreLocation, operation: str) -> ReleaseStoreError:
    key = "releaseStore.endpoint" if client.settings.endpoint else "releaseStore.uri"
    return ReleaseStoreError(
        key,
        f"the release store at {store.shown()} overwrites objects although {operation} says If-None-Match, so a "
        "release would not stay what was reviewed; use a store that honours conditional writes, such as AWS S3 or a "
        "current MinIO",
    )
