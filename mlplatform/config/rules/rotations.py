"""Rule of ``rotations``: a number for a secret that the stack does not generate would rotate nothing."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mlplatform.config.parts import parts
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding

# Every secret that any stack generates.
GENERATED = tuple(sorted(secret for part in parts() for secret in part.secrets))


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    for name in section(raw, "rotations") or ():
        if name not in GENERATED:
            close = get_close_matches(str(name), GENERATED)
            known = f"did you mean {' or '.join(close)}?" if close else f"known here: {', '.join(GENERATED)}"
            yield ("rotations", str(name)), f"is no secret that the stack generates, so nothing would rotate; {known}"
