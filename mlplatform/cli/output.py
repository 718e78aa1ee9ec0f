"""Print reports: text with colours on a terminal only, markdown, or one JSON object; nothing else goes to stdout."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from mlplatform.credentials import redacted_text
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.text import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.config.problems import Problem
    from mlplatform.review.report import Report


class Format(StrEnum):
    """Form of any other result."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """Form of a report on a stack."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def print_report(report: Report, form: ReportFormat, *, command: str) -> None:
    """Print a report to standard output; ``command`` shows what a shortened one leaves out."""
    if form is ReportFormat.JSON:
        text = json.dumps(report_document(report), indent=2, ensure_ascii=False, allow_nan=False)
        # Half a surrogate, which JSON can say and UTF-8 cannot, becomes JSON's own escape again.
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    elif form is ReportFormat.MARKDOWN:
        sys.stdout.write(render_markdown(report, command=command))
    else:
        console = Console(highlight=False)
        for line in render(report):
            # soft_wrap: the same bytes whatever the width of the terminal.
            console.print(Text(line.text, style=line.style), soft_wrap=True)


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems of a command that has no report to standard error."""
    for problem in problems:
        note(f"error: {problem}")


def note(text: str) -> None:
    """Say something beside the report, on standard error, without credentials that a program or a server echoes."""
    sys.stderr.write(f"{redacted_text(text)}\n")
    sys.stderr.flush()
