"""``versions.yaml``: the one file of third-party versions, read once."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("versions.yaml")


@functools.cache
def versions_data() -> dict[str, Any]:
    """Return the content of the file; what its keys mean stands in it."""
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
    return data
