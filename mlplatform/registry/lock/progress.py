"""What a run of ``lock`` tells while it works."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told what goes on; its methods are called by one thread at a time."""

    def say(self, line: str) -> None:
        """Tell something that is done or begins."""

    def begin(self, what: str, size: int) -> None:
        """Begin a transfer of so many bytes, 0 where that is not known."""

    def advance(self, size: int) -> None:
        """So many further bytes of it are done."""

    def end(self) -> None:
        """The transfer is over, well or not."""
