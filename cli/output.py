"""Print reports: text with colours on a terminal only, or one JSON object; nothing else goes to standard output."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from cli.exit_codes import ExitCode
from review.render.json_document import report_document
from review.render.text import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from review.render.text import Line
    from review.report import Report
    from settings.problems import Problem


class Format(StrEnum):
    """Form of a report."""

    TEXT = "text"
    JSON = "json"


def print_report(report: Report, form: Format, lines: Callable[[Report], Iterable[Line]] = render) -> None:
    """Print a report to standard output; ``lines`` makes its text."""
    if form is Format.JSON:
        sys.stdout.write(json.dumps(report_document(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    console = Console(highlight=False)
    for line in lines(report):
        # soft_wrap: the same bytes whatever the width of the terminal.
        console.print(Text(line.text, style=line.style), soft_wrap=True)


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems of a command that has no report to standard error."""
    for problem in problems:
        note(f"error: {problem}")


def note(text: str) -> None:
    """Say something beside the report, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def exit_code(report: Report, *, differences_matter: bool) -> ExitCode:
    """Return how a command with this report ends."""
    if report.errors:
        return ExitCode.ERROR
    if report.refused:
        return ExitCode.POLICY
    if differences_matter and report.differs:
        return ExitCode.DIFFERENCES
    return ExitCode.FINE
