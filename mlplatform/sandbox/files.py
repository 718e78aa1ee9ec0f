"""One command at a time on the files of the sandbox."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_POLL_SECONDS = 0.2


@contextlib.contextmanager
def exclusive(path: Path, *, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock of a file while working; it ends with the process that holds it.

    Args:
        path: the lock file; it stays where it is.
        waiting: called once when somebody else holds the lock.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        # Not there on Windows, where two commands at a time are left to the user.
        with contextlib.suppress(ImportError):
            import fcntl  # noqa: PLC0415 - POSIX only

            announced = False
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not announced:
                        waiting()
                        announced = True
                    time.sleep(_POLL_SECONDS)
        yield
