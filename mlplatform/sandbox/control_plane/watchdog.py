"""End the processes of a temporary control plane when whoever started it is gone without stopping it.

Runs as a module of its own: a line for each process on standard input, ``<pid> <created> <mark>``. The end of the input
is the end of its writer, however that came about.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from mlplatform.local_processes import LocalProcess, stop

if TYPE_CHECKING:
    from typing import TextIO


def start() -> subprocess.Popen[str]:
    """Start a watchdog for this process; closing its standard input lets it do its work."""
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def watch(watchdog: subprocess.Popen[str], process: LocalProcess) -> None:
    """Tell a watchdog of a process."""
    if watchdog.stdin is not None:
        watchdog.stdin.write(f"{process.pid} {process.created!r} {process.mark}\n")
        watchdog.stdin.flush()


def main(lines: TextIO = sys.stdin) -> None:
    """Wait for the end of the input, then stop what still runs, the last started first."""
    # It ends after its master, also when both are told to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    watched = []
    for line in lines:
        pid, created, mark = line.split()
        watched.append(LocalProcess(name="", pid=int(pid), created=float(created), mark=mark))
    for process in reversed(watched):
        stop(process)


if __name__ == "__main__":
    main()
