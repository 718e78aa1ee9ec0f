"""Where this machine keeps what it read of artifacts, and under which names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from mlplatform.digests import json_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_folder(directory: Path | None, name: str) -> Path:
    """Return a folder of the cache; ``directory`` is the cache itself, by default the user's."""
    return Path(directory if directory is not None else platformdirs.user_cache_path("mlplatform")) / name


def key_name(key: Mapping[str, str]) -> str:
    """Return a file's name for what names an artifact's bytes."""
    return json_sha256(dict(key))
