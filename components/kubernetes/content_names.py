"""Names that change with their content, for what cannot be changed in place: Jobs, ConfigMaps of running pods. Pure."""

from __future__ import annotations

from typing import Any, Final

import pulumi

from mlplatform.digests import json_sha256

# Hexadecimal digits of the content's SHA-256 in a name.
HASH_LENGTH: Final = 8
COMPACT: Final = (",", ":")


def content_name(name: str, content: Any, *, separators: tuple[str, str] = COMPACT) -> str:
    """Return a name with a hash of the content: ``mlflow-prepare-1a2b3c4d``.

    Args:
        name: first part of the name.
        content: plain data; of what is not known yet, only where it stands counts, so that the name is known.
        separators: of the JSON that is hashed; others give other names to the same content.

    """
    content_hash = json_sha256(content, separators=separators, default=_unknown)
    return f"{name}-{content_hash[:HASH_LENGTH]}"


def _unknown(value: Any) -> str:
    if isinstance(value, pulumi.Output):
        return "known later"
    message = f"{type(value).__name__} is no plain data"
    raise TypeError(message)
