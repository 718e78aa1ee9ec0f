"""Exit codes, the same for every command, and which one a report ends with."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlplatform.review.report import Report


class ExitCode(IntEnum):
    """How a command ended."""

    FINE = 0
    ERROR = 1
    """Nothing was planned or changed."""
    POLICY = 2
    """A mandatory policy fails."""
    DIFFERENCES = 3
    """Differences were found, with ``--exit-code``."""
    USAGE = 64
    """The command line itself is wrong (EX_USAGE of sysexits.h)."""


def exit_code(report: Report, *, differences_matter: bool) -> ExitCode:
    """Return how a command with this report ends."""
    if report.errors:
        return ExitCode.ERROR
    if report.refused:
        return ExitCode.POLICY
    if differences_matter and report.differs:
        return ExitCode.DIFFERENCES
    return ExitCode.FINE
