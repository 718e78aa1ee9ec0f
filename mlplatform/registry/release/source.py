"""The files to publish, read from a local folder: nothing is sent that is not what was hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.registry.client.failure import one_line
from mlplatform.registry.release.errors import SourceChangedError
from mlplatform.registry.release.parts import MIB, Part, cut

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.registry.digest import FileDigest


@dataclass(frozen=True, kw_only=True)
class HashedPart(Part):
    """A part and the SHA-256 of its bytes."""

    sha256: bytes


def read_file(folder: Path, file: FileDigest) -> bytes:
    """Return the content of a file that fits into memory.

    Raises:
        SourceChangedError: it is not there, or its content is not that of ``file``.

    """
    try:
        with (folder / file.path).open("rb") as stream:
            # One byte more than there should be: a file that grew is no reason to read it all.
            content = stream.read(file.size + 1)
    except OSError as error:
        raise _unreadable(folder, file, error) from None
    if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
        raise _changed(folder, file)
    return content


def hash_parts(folder: Path, file: FileDigest) -> tuple[HashedPart, ...]:
    """Return the parts of a large file, after reading all of it once; memory: one MiB.

    Raises:
        SourceChangedError: it is not there, or its content is not that of ``file``.

    """
    whole, hashed = hashlib.sha256(), []
    try:
        with (folder / file.path).open("rb") as stream:
            for part in cut(file.size):
                one, left = hashlib.sha256(), part.size
                while left and (chunk := stream.read(min(MIB, left))):
                    one.update(chunk)
                    whole.update(chunk)
                    left -= len(chunk)
                hashed.append(HashedPart(number=part.number, offset=part.offset, size=part.size, sha256=one.digest()))
            grew = bool(stream.read(1))
    except OSError as error:
        raise _unreadable(folder, file, error) from None
    if grew or whole.hexdigest() != file.sha256:
        raise _changed(folder, file)
    return tuple(hashed)


def read_part(folder: Path, file: FileDigest, part: HashedPart) -> bytes:
    """Return the bytes of one part.

    Raises:
        SourceChangedError: they are not those that :func:`hash_parts` saw.

    """
    try:
        with (folder / file.path).open("rb") as stream:
            stream.seek(part.offset)
            content = stream.read(part.size)
    except OSError as error:
        raise _unreadable(folder, file, error) from None
    if hashlib.sha256(content).digest() != part.sha256:
        raise _changed(folder, file)
    return content


def _changed(folder: Path, file: FileDigest) -> SourceChangedError:
    return SourceChangedError(
        "releaseStore.uri",
        f"{one_line(file.path)} in {folder} changed since it was hashed, so it was not published; delete {folder} and "
        "run the command again",
    )


def _unreadable(folder: Path, file: FileDigest, error: OSError) -> SourceChangedError:
    return SourceChangedError(
        "releaseStore.uri",
        f"{one_line(file.path)} in {folder} cannot be read any more ({error.strerror or type(error).__name__}), so it "
        f"was not published; delete {folder} and run the command again",
    )
