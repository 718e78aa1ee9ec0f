"""What is wrong, where, and what would be right: the one error shape of every room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi import RunError

from mlplatform.credentials import redacted_text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True, kw_only=True)
class Problem:
    """One mistake of the input.

    Attributes:
        file: the file as the user knows it, relative to the project (``Pulumi.dev.yaml``).
        key: the key path inside it (``models[2].alias``), or ``""`` when the whole file is meant.
        message: what is wrong and what would be right, on one line, never echoing a secret.
        place: where the key stands in the file (``models[2] 'iris', line 31``), ``""`` where nobody looked it up.

    """

    file: str
    key: str
    message: str
    place: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Leave out credentials: whatever is reported was written by somebody, or comes from a server."""
        object.__setattr__(self, "key", redacted_text(self.key))
        object.__setattr__(self, "message", redacted_text(self.message))
        object.__setattr__(self, "place", redacted_text(self.place))

    @property
    def text(self) -> str:
        """The message, with where the key stands."""
        return f"{self.message} ({self.place})" if self.place else self.message

    def __str__(self) -> str:
        """Return the line the user reads."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.text}"


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
