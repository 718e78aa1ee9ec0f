"""What a rule of the configuration finds."""

from __future__ import annotations

from typing import Any

Path = tuple[str | int, ...]
# Key path and message.
Finding = tuple[Path, str]


def section(raw: dict[str, Any], *path: str) -> dict[str, Any] | None:
    """Return the mapping at a path, ``None`` where there is none or something else."""
    value: Any = raw
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def entries(raw: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings of a list with their positions; anything else in it is left to the fields."""
    values = raw.get(key)
    if not isinstance(values, list):
        return []
    return [(index, item) for index, item in enumerate(values) if isinstance(item, dict)]
