"""Files of the sandbox: written whole or not at all, readable by their owner only; one command at a time."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POLL_SECONDS = 0.2


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read (0600), atomically: a reader sees the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp creates with 0600, so that there is no moment in which others may read.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
