"""The release store: the bytes that locked models are served from, written once and never overwritten."""

from registry.release.errors import ReleaseStoreError, ReleaseStoreUnreachableError, SourceChangedError
from registry.release.location import release_uri
from registry.release.released_file import ReleasedFile
from registry.release.store import ReleaseStore, open_release_store

__all__ = [
    "ReleaseStore",
    "ReleaseStoreError",
    "ReleaseStoreUnreachableError",
    "ReleasedFile",
    "SourceChangedError",
    "open_release_store",
    "release_uri",
]
