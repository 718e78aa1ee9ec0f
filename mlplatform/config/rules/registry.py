"""Rules of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.addresses import EMBEDDED_URI, local_port
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    registry = section(raw, "registry") or {}
    uri = registry.get("uri")
    if registry.get("embedded") is True and isinstance(uri, str) and local_port(uri) is None:
        yield (
            ("registry", "embedded"),
            (
                "true needs registry.uri to be http://127.0.0.1:<port>, where this machine starts the embedded "
                f"registry, for example {EMBEDDED_URI}; correct registry.uri, or remove embedded"
            ),
        )
