"""What is wrong, where, and what would be right: the one error shape of every room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True, kw_only=True)
class Problem:
    """One mistake of the input.

    Attributes:
        file: the file as the user knows it, relative to the project (``Pulumi.dev.yaml``).
        key: the key path inside it (``models[2].alias``), or ``""`` when the whole file is meant.
        message: what is wrong and what would be right, on one line, never echoing a secret.

    """

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        """Return the line the user reads."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.message}"


class SettingFailureError(Exception):
    """Something that a setting names cannot be used: one problem, whatever waits for it.

    Attributes:
        key: key path of the setting to look at (``registry.uri``).
        message: what is wrong and what would be right, on one line, without credentials.

    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message

    def problem(self, file: str) -> Problem:
        """Return it as a problem of the stack file that holds the setting."""
        return Problem(file=file, key=self.key, message=self.message)


class ProblemsError(RunError):
    """All problems found in one pass; nothing was planned.

    A ``RunError``, because the Pulumi engine prints such an error without a traceback.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, without repeats, in a stable order."""
        self.problems: tuple[Problem, ...] = tuple(dict.fromkeys(problems))
        if not self.problems:
            empty = "a ProblemsError needs at least one problem"
            raise ValueError(empty)
        super().__init__("\n".join(str(problem) for problem in self.problems))
