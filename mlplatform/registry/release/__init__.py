"""The release store: the bytes that locked models are served from, written once and never overwritten."""

from mlplatform.registry.release.errors import ReleaseStoreError, ReleaseStoreUnreachableError, SourceChangedError
from mlplatform.registry.release.location import release_uri
from mlplatform.registry.release.store import ReleaseStore, open_release_store

__all__ = [
    "ReleaseStore",
    "ReleaseStoreError",
    "ReleaseStoreUnreachableError",
    "SourceChangedError",
    "open_release_store",
    "release_uri",
]
