"""One line of text output."""

from __future__ import annotations

from dataclasses import dataclass

from review.values import printable


@dataclass(frozen=True)
class Line:
    """One line and the style it has on a terminal; whatever a state holds, it acts on no terminal and hides nothing."""

    text: str
    style: str = ""

    def __post_init__(self) -> None:
        """Make foreign characters visible."""
        object.__setattr__(self, "text", printable(self.text))
