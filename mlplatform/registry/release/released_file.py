"""One file of a release, as a lock remembers it."""

from __future__ import annotations

from dataclasses import dataclass

from mlplatform.registry.digest import FileDigest


@dataclass(frozen=True, kw_only=True)
class ReleasedFile(FileDigest):
    """A file of an artifact and what the release store said of it after writing.

    Attributes:
        store_checksum: the store's own SHA-256 checksum where it is not that of the whole content: of a file that was
            uploaded in parts (``<base64>-<parts>``).
        object_version: version id, where the store keeps versions but no SHA-256 checksums.

    """

    store_checksum: str | None = None
    object_version: str | None = None
