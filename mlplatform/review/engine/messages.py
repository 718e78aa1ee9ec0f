"""The program's log, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import engine_pb2

_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


@dataclass(frozen=True, kw_only=True)
class Message:
    """One line of the program's log (``pulumi.log``).

    Attributes:
        severity: ``info``, ``warning`` or ``error``.
        text: the line.
        urn: the resource it is about, ``""`` for none.

    """

    severity: str
    text: str
    urn: str


class ReviewEngine(MockEngine):
    """Collects the program's log in its order."""

    def __init__(self) -> None:
        super().__init__(logger=None)
        self.messages: list[Message] = []

    def Log(self, request: Any) -> None:  # noqa: N802 - the name of the RPC
        """Keep a line; debug lines are the SDK's own, ephemeral ones a progress display's."""
        severity = _SEVERITIES.get(request.severity)
        if severity and not request.ephemeral:
            self.messages.append(Message(severity=severity, text=request.message, urn=request.urn))

    def RequirePulumiVersion(self, _request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Accept any wish for a version of the engine: none runs."""
        return engine_pb2.RequirePulumiVersionResponse()
