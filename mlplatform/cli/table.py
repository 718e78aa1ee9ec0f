"""Tables of commands: columns as wide as their content, the same bytes whatever the width of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mlplatform.review.render.line import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


def print_table(
    console: Console, header: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] | None = None
) -> None:
    """Print rows of texts below a header; ``styles`` is one of rich's for each row."""
    for index, text in enumerate(columns([header, *rows])):
        style = "bold" if index == 0 else (styles[index - 1] if styles else "")
        console.print(Text(text, style=style), soft_wrap=True)
