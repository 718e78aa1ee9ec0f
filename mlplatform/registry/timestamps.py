"""Moments as the registry counts them (milliseconds since the epoch, UTC) and as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


def utc_text(milliseconds: int) -> str:
    """Return milliseconds since the epoch as ISO 8601 text in UTC, such as ``2026-11-20T09:30:00.120Z``."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """Return what :func:`utc_text` was given.

    Raises:
        ValueError: not a text of that form.

    """
    if not _TEXT.fullmatch(text):
        raise ValueError(f"{text!r} is not a moment such as 2026-11-20T09:30:00.120Z")
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
