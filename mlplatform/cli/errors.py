"""What a command does with an error that users can mend: its problems on standard error, and exit code 1."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import typer

from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import note, print_problems
from mlplatform.cli.project import project_folder
from mlplatform.config.positions import located
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.review.engine.program import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXPECTED = (ProblemsError, ProgramError, OSError)


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """Return the problems of an expected error."""
    if isinstance(error, ProblemsError):
        return in_their_files(error.problems)
    if isinstance(error, OSError):
        where = str(error.filename or "this folder")
        return (Problem(file=where, key="", message=f"{error.strerror or error}; choose a place that can be used"),)
    if isinstance(error, ProgramError) and error.log:
        note(error.log.rstrip())
    return (Problem(file="__main__.py", key="", message=str(error)),)


def in_their_files(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems with the lines of the stack files that they are about."""
    try:
        return located(problems, project_folder())
    except ProblemsError:
        return tuple(problems)


@contextlib.contextmanager
def ending_with_problems() -> Iterator[None]:
    """Turn an expected error into its problems on standard error and the end of the command."""
    try:
        yield
    except EXPECTED as error:
        print_problems(problems_of(error))
        raise typer.Exit(ExitCode.ERROR) from None
