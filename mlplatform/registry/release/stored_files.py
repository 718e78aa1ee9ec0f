"""What lies in the store, and whether it is what should lie there: by the store's checksums, else by reading it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.registry.digest import FileDigest
from mlplatform.registry.release.errors import ReleaseStoreError, StoreAnswerError
from mlplatform.registry.release.failures import store_failure
from mlplatform.registry.release.parts import MIB, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlplatform.registry.release.client import StoreClient
    from mlplatform.registry.release.location import StoreLocation

# How often a download that broke off goes on where it stopped, without a single byte in between.
_READ_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What the store says of one object.

    Attributes:
        size: bytes.
        sha256: its SHA-256 checksum of the whole content as S3 writes it, or ``None``.
        parts_sha256: its SHA-256 checksum over the parts' checksums, ``<base64>-<parts>``, or ``None``.

    """

    size: int
    sha256: str | None = None
    parts_sha256: str | None = None


def list_files(client: StoreClient, location: StoreLocation) -> dict[str, int]:
    """Return path -> size of everything that a model server sees of a release.

    KServe's storage initializer lists the URI as a prefix of keys, without a slash at its end, and cuts the URI off
    each key. So it also fetches ``<uri>.old/x``, would take ``<uri>MLmodel`` for the release's MLmodel, and where an
    object is named like the URI it fetches nothing else. Such a neighbour counts as a path, ``../<end of its key>``.
    Source: kserve/storage, ``Storage._download_s3``.
    """
    beside = location.prefix.rstrip("/")
    parent = beside.rpartition("/")[0]
    return {
        key.removeprefix(location.prefix)
        if key.startswith(location.prefix)
        else f"../{key.removeprefix(parent).lstrip('/')}": size
        for key, size in client.list_objects(location.bucket, beside)
    }


def stored_file(client: StoreClient, location: StoreLocation, path: str) -> StoredFile | None:
    """Return what the store says of one file, or ``None`` where it is not there."""
    try:
        answer = client.call(
            "head_object",
            expected={"NoSuchKey"},
            Bucket=location.bucket,
            Key=location.key(path),
            ChecksumMode="ENABLED",
        )
    except StoreAnswerError:
        return None
    checksum: str | None = answer.get("ChecksumSHA256") or None
    # S3 knows no SHA-256 of the whole of an object that came in parts, and not every store says so beside the value;
    # the ETag of such an object ends in the number of parts.
    parts = re.search(r"-\d+$", str(answer.get("ETag", "")).strip('"'))
    if checksum is not None and parts and "-" not in checksum:
        checksum += parts[0]
    in_parts = checksum is not None and "-" in checksum
    return StoredFile(
        size=int(answer["ContentLength"]),
        sha256=None if in_parts else checksum,
        parts_sha256=checksum if in_parts else None,
    )


def judge(file: FileDigest, stored: StoredFile, *, parts_sha256: str | None = None) -> bool | None:
    """Return whether an object is a file: yes, no, or ``None`` where only reading it can tell.

    Args:
        file: what should lie there.
        stored: what the store says now.
        parts_sha256: the checksum over parts that the file has, where that was computed from its very bytes. What a
            lock says of a checksum over parts, or of a version id, would prove nothing: whoever can commit writes it.

    """
    if stored.size != file.size:
        return False
    if stored.sha256 is not None:
        return stored.sha256 == encoded(bytes.fromhex(file.sha256))
    # Another checksum over parts may still be the same content, cut differently.
    return True if parts_sha256 is not None and stored.parts_sha256 == parts_sha256 else None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found in the place of one file.

    Attributes:
        stored: what the store says of it, or ``None`` where nothing lies there.
        equal: whether it has the file's content.

    """

    stored: StoredFile | None
    equal: bool


def examine(
    client: StoreClient,
    location: StoreLocation,
    file: FileDigest,
    *,
    parts_sha256: str | None = None,
    full: bool = False,
) -> Finding:
    """Find out whether a file lies in its place, by the store's word where that is enough, else by reading it.

    Args:
        client: of the store.
        location: the release.
        file: what should lie there.
        parts_sha256: see :func:`judge`.
        full: read it in any case.

    """
    stored = stored_file(client, location, file.path)
    if stored is None:
        return Finding(stored=None, equal=False)
    equal = judge(file, stored, parts_sha256=parts_sha256)
    if equal is None or (equal and full):
        read = read_digest(client, location, file.path)
        if read is None:
            return Finding(stored=None, equal=False)
        equal = (read.size, read.sha256) == (file.size, file.sha256)
    return Finding(stored=stored, equal=equal)


def read_digest(
    client: StoreClient, location: StoreLocation, path: str, *, sink: Callable[[bytes], object] = lambda _chunk: None
) -> FileDigest | None:
    """Read one object to its end and return its digest, or ``None`` where it is not there; memory: one MiB.

    A connection that breaks is taken up again where it broke, as long as the object stays the same. ``sink`` receives
    the content.
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - boto3 is loaded where it is used
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    sha256, size, tries = hashlib.sha256(), 0, 0
    request = {"Bucket": location.bucket, "Key": location.key(path)}
    condition: dict[str, str] = {}
    while True:
        try:
            answer = client.call("get_object", expected={"NoSuchKey", "PreconditionFailed"}, **request, **condition)
        except StoreAnswerError as error:
            if error.code == "NoSuchKey":
                return None
            raise ReleaseStoreError(
                "releaseStore.uri", f"{location.shown(path)} was overwritten while it was read; find out by whom"
            ) from None
        total = size + int(answer["ContentLength"])
        tries += 1
        try:
            while chunk := answer["Body"].read(MIB):
                sha256.update(chunk)
                sink(chunk)
                size += len(chunk)
                tries = 0
        except (BotoCoreError, HTTPError) as error:
            if tries >= _READ_TRIES:
                raise store_failure(error, "", "get_object", client.settings, request) from None
        if size >= total:
            return FileDigest(path=path, size=size, sha256=sha256.hexdigest())
        condition = {"Range": f"bytes={size}-", "IfMatch": answer["ETag"]}
