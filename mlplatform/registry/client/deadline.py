"""One deadline for everything that a pass over the registry asks.

Time-outs of single requests do not bound a pass: an answer that drips a byte at a time never times out, and pages or
files can go on for ever. Whatever a client waits in (a socket, a name server, a database's lock), the pass goes on
without it at its deadline.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from mlplatform.registry.parallel import WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class DeadlineExceededError(Exception):
    """The time of the whole pass is over."""


class Deadline:
    """The moment at which a pass ends, whatever is still under way.

    Attributes:
        seconds: how long the pass may take.

    """

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        # Files of several artifacts are read side by side, each of them side by side: together no more than these.
        self._slots = threading.BoundedSemaphore(WORKERS)

    def call(self, function: Callable[[], Result]) -> Result:
        """Return what a function returns, unless the deadline comes first.

        The function then runs on in its thread, whose result nobody waits for: no client can be told to stop reading.
        The thread does not keep the process from ending.

        Raises:
            DeadlineExceededError: the deadline came first.

        """
        if not self._slots.acquire(timeout=self._left()):
            raise DeadlineExceededError
        outcome: list[tuple[Any, BaseException | None]] = []
        context = contextvars.copy_context()

        def work() -> None:
            try:
                outcome.append((context.run(function), None))
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread that asked
                outcome.append((None, error))
            finally:
                self._slots.release()

        thread = threading.Thread(target=work, daemon=True, name="mlplatform-registry")
        thread.start()
        thread.join(self._left())
        if not outcome:
            raise DeadlineExceededError
        ((result, error),) = outcome
        if error is not None:
            raise error
        answer: Result = result
        return answer

    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())
