"""How a file is cut into the parts of a multipart upload, and the checksum that S3 gives to the parts together."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MIB = 1024 * 1024
# Up to here one request sends the whole file; eight of them at a time stay in memory.
SINGLE_LIMIT = 16 * MIB
# A link of 10 Mbit/s needs 13 s for one; what a kill loses is at most one for each worker.
PART_SIZE = 16 * MIB
# S3's own limit.
MAX_PARTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a file.

    Attributes:
        number: from 1.
        offset: first byte in the file.
        size: bytes.

    """

    number: int
    offset: int
    size: int


def is_large(size: int) -> bool:
    """Return whether a file of ``size`` bytes is uploaded in parts."""
    return size > SINGLE_LIMIT


def cut(size: int) -> tuple[Part, ...]:
    """Return the parts of a file of ``size`` bytes: all alike but the last, never more than S3 takes.

    The same size gives the same parts, on which resuming an upload depends.
    """
    smallest = -(-size // MAX_PARTS)
    length = max(PART_SIZE, -(-smallest // MIB) * MIB)
    return tuple(
        Part(number=number, offset=offset, size=min(length, size - offset))
        for number, offset in enumerate(range(0, size, length), start=1)
    )


def encoded(sha256: bytes) -> str:
    """Return a SHA-256 as the S3 API writes it."""
    return base64.b64encode(sha256).decode("ascii")


def composite(sha256s: Iterable[bytes]) -> str:
    """Return S3's checksum of an object uploaded in parts: ``<SHA-256 over the parts' SHA-256s>-<number of parts>``.

    Source: Amazon S3 User Guide, "Checking object integrity", composite checksums.
    """
    listed = list(sha256s)
    return f"{encoded(hashlib.sha256(b''.join(listed)).digest())}-{len(listed)}"
