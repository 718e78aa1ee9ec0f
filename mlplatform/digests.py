"""Hashes of content: SHA-256 of texts and of plain data, in hex."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, 64 hex digits; a text that is no valid Unicode has one, too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def json_sha256(
    data: Any, *, separators: tuple[str, str] | None = None, default: Callable[[Any], Any] | None = None
) -> str:
    """Return the SHA-256 of plain data, 64 hex digits; the order of keys means nothing.

    Args:
        data: what JSON can hold.
        separators: as :func:`json.dumps` takes them. What has been hashed once is hashed the same way for ever.
        default: makes plain data of all else.

    Raises:
        ValueError: the data contains itself.
        TypeError: it holds what JSON cannot.

    """
    return text_sha256(json.dumps(data, sort_keys=True, separators=separators, default=default))
