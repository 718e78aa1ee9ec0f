"""Files that are sent in parts: what a killed upload left in the store is not sent again.

The store itself remembers the parts, so another machine can go on as well. Parts that nobody completes cost money;
a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) clears them away.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.release.errors import ReleaseStoreError, StoreAnswerError
from mlplatform.registry.release.parts import composite, encoded
from mlplatform.registry.release.small_files import CONFLICT_TRIES, CONFLICTS, in_conflict, pause, require_equal
from mlplatform.registry.release.source import read_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.release.client import StoreClient
    from mlplatform.registry.release.location import StoreLocation
    from mlplatform.registry.release.source import HashedPart
    from mlplatform.registry.release.stored_files import StoredFile

# The upload ended under our hands: another publisher completed or aborted it, or sent one of its parts anew.
_GONE = frozenset({"NoSuchUpload", "NoSuchKey", "InvalidPart"})
# A store or a user that cannot list uploads can still write; then a killed upload begins from its first part.
_CANNOT_LIST = frozenset({"AccessDenied", "NotImplemented", "MethodNotAllowed", "NoSuchUpload", "NoSuchKey"})


@dataclass(frozen=True, kw_only=True)
class LargeFile:
    """One file to be uploaded in parts.

    Attributes:
        client: of the store.
        location: the release.
        folder: where the file lies now.
        file: the file.
        parts: its parts.

    """

    client: StoreClient
    location: StoreLocation
    folder: Path
    file: FileDigest
    parts: Sequence[HashedPart]

    @property
    def key(self) -> dict[str, str]:
        """The object, as parameters of a request."""
        return {"Bucket": self.location.bucket, "Key": self.location.key(self.file.path)}

    @property
    def parts_sha256(self) -> str:
        """The checksum over the parts that the store will give to the object."""
        return composite(part.sha256 for part in self.parts)

    def stored(self) -> StoredFile | None:
        """Return what the store says of it where it lies there already.

        Raises:
            ReleaseStoreError: something else lies there.

        """
        return require_equal(self.client, self.location, self.file, parts_sha256=self.parts_sha256)

    def upload(self, progress: Callable[[int], None]) -> None:
        """Write it where nothing lies yet, or find that it lies there already.

        Args:
            progress: called with the bytes of every part that is in the store, each part once; from several threads.

        Raises:
            SourceChangedError: the local file is not the one that was hashed; nothing was completed.
            ReleaseStoreError: other content lies there, or the store refused.

        """
        reported: set[int] = set()

        def tell(parts: Iterable[HashedPart]) -> None:
            for part in parts:
                if part.number not in reported:
                    reported.add(part.number)
                    progress(part.size)

        for attempt in range(CONFLICT_TRIES):
            upload, etags = _unfinished(self) or (self._begin(), {})
            tell(part for part in self.parts if part.number in etags)
            try:
                self._send_missing(upload, etags, tell)
                self._complete(upload, etags)
            except StoreAnswerError as error:
                try:
                    done = self.stored() is not None
                finally:
                    # Nobody needs it: the object is there, or S3 asks to begin anew. An upload that was only disturbed
                    # goes on.
                    if error.code not in _GONE:
                        self._abort(upload)
                if done:
                    tell(self.parts)
                    return
                pause(attempt)
            else:
                return
        raise in_conflict(self.location, self.file)

    def _begin(self) -> str:
        upload_id: str = self.client.call("create_multipart_upload", ChecksumAlgorithm="SHA256", **self.key)["UploadId"]
        return upload_id

    def _send_missing(self, upload: str, etags: dict[int, str], tell: Callable[[Iterable[HashedPart]], None]) -> None:
        """Send the parts that ``etags`` does not hold yet, and add theirs."""

        def send(part: HashedPart) -> None:
            answer = self.client.call(
                "upload_part",
                expected=_GONE,
                UploadId=upload,
                PartNumber=part.number,
                Body=read_part(self.folder, self.file, part),
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=encoded(part.sha256),
                **self.key,
            )
            etags[part.number] = str(answer["ETag"])
            tell([part])

        run_parallel(send, [part for part in self.parts if part.number not in etags])

    def _complete(self, upload: str, etags: dict[int, str]) -> None:
        self.client.call(
            "complete_multipart_upload",
            expected={"PreconditionFailed", *CONFLICTS, *_GONE},
            UploadId=upload,
            IfNoneMatch="*",
            MultipartUpload={
                "Parts": [
                    {"PartNumber": part.number, "ETag": etags[part.number], "ChecksumSHA256": encoded(part.sha256)}
                    for part in self.parts
                ]
            },
            **self.key,
        )

    def _abort(self, upload: str) -> None:
        """Give up an upload that nobody needs; where that fails, the bucket's lifecycle rule does it."""
        with contextlib.suppress(ReleaseStoreError, StoreAnswerError):
            self.client.call("abort_multipart_upload", expected=_GONE, UploadId=upload, **self.key)


def _unfinished(file: LargeFile) -> tuple[str, dict[int, str]] | None:
    """Return the id of an upload to go on with and the ETags of its finished parts, or ``None`` where there is none."""
    best: tuple[str, dict[int, str]] | None = None
    try:
        for upload in _uploads(file.client, file.key):
            usable, etags = _finished_parts(file, upload)
            if usable and (best is None or len(etags) > len(best[1])):
                best = upload["UploadId"], etags
    except StoreAnswerError:
        return best
    return best


def _uploads(client: StoreClient, key: dict[str, str]) -> list[dict[str, Any]]:
    """Return the unfinished uploads of one key; MinIO, too, lists those of a prefix that is a whole key."""
    uploads, marker = [], dict[str, str]()
    while True:
        page = client.call(
            "list_multipart_uploads", expected=_CANNOT_LIST, Bucket=key["Bucket"], Prefix=key["Key"], **marker
        )
        uploads += [upload for upload in page.get("Uploads", ()) if upload["Key"] == key["Key"]]
        if not page.get("IsTruncated"):
            return uploads
        marker = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def _finished_parts(file: LargeFile, upload: dict[str, Any]) -> tuple[bool, dict[int, str]]:
    """Return whether an upload takes our parts, and number -> ETag of those that it has, by their SHA-256."""
    expected = {part.number: (part.size, encoded(part.sha256)) for part in file.parts}
    algorithm, etags = upload.get("ChecksumAlgorithm"), {}
    marker = dict[str, int]()
    while True:
        page = file.client.call("list_parts", expected=_CANNOT_LIST, UploadId=upload["UploadId"], **file.key, **marker)
        algorithm = page.get("ChecksumAlgorithm") or algorithm
        for part in page.get("Parts", ()):
            if expected.get(part["PartNumber"]) == (part["Size"], part.get("ChecksumSHA256")):
                etags[int(part["PartNumber"])] = str(part["ETag"])
        if not page.get("IsTruncated"):
            # An upload begun without SHA-256 refuses parts with it.
            return algorithm == "SHA256" or bool(etags), etags
        marker = {"PartNumberMarker": page["NextPartNumberMarker"]}
