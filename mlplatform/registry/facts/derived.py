"""Facts that are computed from others. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.digests import text_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

# Every model has this flavor; the other one says what it is.
_GENERIC_FLAVOR = "python_function"


def main_flavor(flavors: Mapping[str, Any]) -> str | None:
    """Return the flavor that says what a model is, ``None`` without any."""
    special = sorted(set(flavors) - {_GENERIC_FLAVOR})
    return special[0] if special else next(iter(flavors), None)


def requirements_digest(requirements: tuple[str, ...] | None) -> str | None:
    """Return ``sha256:<hex>`` of requirement lines; their order does not matter to an installer. ``None`` of none."""
    if requirements is None:
        return None
    lines = "\n".join(sorted(requirements))
    return f"sha256:{text_sha256(lines)}"
