"""Files that one request sends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlplatform.registry.release.errors import ReleaseStoreError, StoreAnswerError
from mlplatform.registry.release.parts import encoded
from mlplatform.registry.release.source import read_file
from mlplatform.registry.release.stored_files import examine

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.release.client import StoreClient
    from mlplatform.registry.release.location import StoreLocation
    from mlplatform.registry.release.stored_files import StoredFile

# Another writer was at the same key: S3 answers 409 and asks to try again.
CONFLICTS = frozenset({"ConditionalRequestConflict", "OperationAborted"})
CONFLICT_TRIES = 5
# Doubled with every try.
CONFLICT_PAUSE_SECONDS = 0.2


def upload_small(client: StoreClient, location: StoreLocation, folder: Path, file: FileDigest) -> None:
    """Write one file where nothing lies yet, or find that it lies there already.

    Raises:
        SourceChangedError: the local file is not the one that was hashed.
        ReleaseStoreError: other content lies there, or the store refused.

    """
    content = read_file(folder, file)
    for attempt in range(CONFLICT_TRIES):
        try:
            client.call(
                "put_object",
                expected={"PreconditionFailed", *CONFLICTS},
                Bucket=location.bucket,
                Key=location.key(file.path),
                Body=content,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=encoded(bytes.fromhex(file.sha256)),
            )
        except StoreAnswerError:
            # A conflict, too, may mean that the other writer is done by now.
            if require_equal(client, location, file):
                return
            pause(attempt)
        else:
            return
    raise in_conflict(location, file)


def require_equal(
    client: StoreClient, location: StoreLocation, file: FileDigest, *, parts_sha256: str | None = None
) -> StoredFile | None:
    """Return what the store says of a file that lies there already, ``None`` where nothing does.

    Args:
        client: of the store.
        location: the release.
        file: the file.
        parts_sha256: its checksum over the parts that it would be uploaded in.

    Raises:
        ReleaseStoreError: something else lies there.

    """
    finding = examine(client, location, file, parts_sha256=parts_sha256)
    if finding.stored is not None and not finding.equal:
        raise ReleaseStoreError(
            "releaseStore.uri",
            f"{location.shown(file.path)} already holds other content than the model's, and a release is never "
            "overwritten; find out who wrote it, delete it, and run the command again",
        )
    return finding.stored


def pause(attempt: int) -> None:
    """Wait before the next try."""
    time.sleep(CONFLICT_PAUSE_SECONDS * 2**attempt)


def in_conflict(location: StoreLocation, file: FileDigest) -> ReleaseStoreError:
    """Return the failure of a write that others always got in the way of."""
    return ReleaseStoreError(
        "releaseStore.uri",
        f"{location.shown(file.path)} could not be written: others write and delete there at the same time; "
        "run the command again when they are done",
    )
