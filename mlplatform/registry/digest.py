"""The digest of an artifact: one value for a set of files, the same on every store.

The encoding is one line per file, sorted by the UTF-8 bytes of the path::

    <path> NUL <size in decimal> NUL <SHA-256 of the content, 64 hex digits> LF

A path cannot contain NUL and the other two fields have a fixed alphabet, so no two sets of files share an encoding.
The digest is ``sha256:`` and the SHA-256 of these bytes in hex.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HEX = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FileDigest:
    """One file of an artifact.

    Attributes:
        path: relative path with ``/``, without empty, ``.`` or ``..`` segments.
        size: bytes.
        sha256: SHA-256 of the content, 64 lower-case hex digits.

    """

    path: str
    size: int
    sha256: str


def artifact_digest(files: Iterable[FileDigest]) -> str:
    """Return the digest of a set of files, whatever their order.

    Raises:
        ValueError: no file at all, a path given twice, or a field that the encoding cannot hold.

    """
    lines: dict[bytes, bytes] = {}
    for file in files:
        path = _checked_path(file.path)
        if file.size < 0 or not _HEX.fullmatch(file.sha256):
            raise ValueError(f"size or SHA-256 of {file.path!r} is malformed")
        if path in lines:
            raise ValueError(f"{file.path!r} is there twice")
        lines[path] = b"%s\0%d\0%s\n" % (path, file.size, file.sha256.encode())
    if not lines:
        raise ValueError("an artifact without files has no digest")
    encoded = b"".join(lines[path] for path in sorted(lines))
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def digest_stream(path: str, stream: BinaryIO) -> FileDigest:
    """Read a stream to its end and return its size and SHA-256 under ``path``."""
    sha256, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    return FileDigest(path=path, size=size, sha256=sha256.hexdigest())


def digest_directory(directory: Path) -> str:
    """Return the digest of all files below a local directory.

    Raises:
        ValueError: the directory holds no file.

    """
    files = []
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                files.append(digest_stream(path.relative_to(directory).as_posix(), stream))
    return artifact_digest(files)


def _checked_path(path: str) -> bytes:
    if "\0" in path or any(segment in {"", ".", ".."} for segment in path.split("/")):
        raise ValueError(f"{path!r} is not a relative path of plain segments")
    return path.encode()
