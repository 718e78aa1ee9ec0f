"""Errors of the offline preview."""

from __future__ import annotations

from pulumi import RunError


class OfflineError(RunError):
    """The program asks for something that only the engine, a provider or the cluster can answer, or breaks its rules.

    A ``RunError``, so that it reaches the user as one message, without a traceback through the SDK.
    """


class ProgramError(Exception):
    """The stack's program could not be run to its end; nothing was planned.

    Attributes:
        message: what went wrong, for the user: a text, or a traceback cut to the program's own files.
        log: what the program printed before.

    """

    def __init__(self, message: str, *, log: str = "") -> None:
        """Keep the message and the program's own prints."""
        super().__init__(message)
        self.message = message
        self.log = log
