"""Lines of text output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.review.state.display_values import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Line:
    """One line and the style it has on a terminal; whatever a state holds, it acts on no terminal and hides nothing."""

    text: str
    style: str = ""

    def __post_init__(self) -> None:
        """Make foreign characters visible."""
        object.__setattr__(self, "text", printable(self.text))


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as aligned lines."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
