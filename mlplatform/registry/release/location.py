"""Where a release lies: a pure function of the store, the registered model and the content."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlplatform.digests import text_sha256

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MAX_SLUG = 60
_HASH_DIGITS = 8


def release_uri(store_uri: str, registered_model: str, digest: str) -> str:
    """Return the URI of a release, ``<store>/<folder of the model>/sha256-<hex>``, without a trailing slash.

    The folder is for people; the digest alone tells releases apart, so nothing else is ever written to this place. A
    colon in a key is trouble for tools that take keys for file names, hence the dash.

    Args:
        store_uri: ``releaseStore.uri``, with or without a trailing slash.
        registered_model: name in the registry, any text.
        digest: ``sha256:<64 hex digits>``, see :mod:`mlplatform.registry.digest`.

    Raises:
        ValueError: ``digest`` is none.

    """
    return f"{store_uri.rstrip('/')}/{model_folder(registered_model)}/{digest_folder(digest)}"


def model_folder(registered_model: str) -> str:
    """Return a registered model's folder: its name, or, where that is no plain name, a slug and a hash of it."""
    if _PLAIN.fullmatch(registered_model):
        return registered_model
    ascii_only = unicodedata.normalize("NFKD", registered_model).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only)[:_MAX_SLUG].strip("-._") or "model"
    return f"{slug}-{text_sha256(registered_model)[:_HASH_DIGITS]}"


def digest_folder(digest: str) -> str:
    """Return the folder of a digest, ``sha256-<hex>``."""
    match = _DIGEST.fullmatch(digest)
    if not match:
        raise ValueError(f"{digest!r} is not a digest of the form sha256:<64 hex digits>")
    return f"sha256-{match[1]}"


@dataclass(frozen=True, kw_only=True)
class StoreLocation:
    """A release as the S3 API names it.

    Attributes:
        bucket: name of the bucket.
        prefix: what the keys of the release's objects begin with, ending in ``/``.

    """

    bucket: str
    prefix: str

    def key(self, path: str) -> str:
        """Return the key of one of its files."""
        return self.prefix + path

    def shown(self, path: str = "") -> str:
        """Return the URI of one of its files, or its own."""
        return f"s3://{self.bucket}/{self.prefix}{path}".rstrip("/")


def store_location(uri: str) -> StoreLocation:
    """Return the place that a release's or the store's URI names.

    Raises:
        ValueError: not ``s3://<bucket>[/...]``.

    """
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{uri!r} is not a place in an S3 store; it would begin with s3://<bucket>/")
    path = parts.path.strip("/")
    return StoreLocation(bucket=parts.netloc, prefix=f"{path}/" if path else "")
