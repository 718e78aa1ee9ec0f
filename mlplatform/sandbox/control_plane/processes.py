"""One process of the control plane: start, recognise, stop; it lives on after the command that started it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STOP_SECONDS = 15
_POLL_SECONDS = 0.05
_TAIL_LINES = 12
# What klog and zap lead their lines with: of no use in a message.
_PREFIX = re.compile(r"^[IWEF]\d{4} [\d:.]+ +\d+ ")
_ERROR = re.compile(r'^[EF]\d{4} |"level":"(error|fatal|panic)"|[Ee]rror|panic:')
# Processes that this very process started: only their parent can tell a finished process from a running one.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class Process:
    """A started process.

    Attributes:
        name: component of the control plane (``etcd``).
        pid: process id.
        created: when it was started, seconds since the epoch; with the id it names one process for ever, as later ones
            may get the same number.

    """

    name: str
    pid: int
    created: float


def start(name: str, command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a process without waiting for it.

    Args:
        name: component of the control plane.
        command: program and arguments.
        folder: its working directory.
        log: file for what it says, replaced.
        environment: all its variables.

    """
    with log.open("wb") as stream:
        # A session of its own and no inherited stream: it outlives the terminal, and a pipe that waits for the end of
        # this command's output does not wait for it.
        child = subprocess.Popen(
            list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True,
        )  # fmt: skip
    _CHILDREN[child.pid] = child
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.Error:
        created = 0.0
    return Process(name=name, pid=child.pid, created=created)


def is_alive(process: Process) -> bool:
    """Return whether that very process still runs; one that nobody waited for after its end does not."""
    child = _CHILDREN.get(process.pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        found = psutil.Process(process.pid)
        return found.create_time() == process.created and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def stop(process: Process, *, seconds: float = STOP_SECONDS) -> None:
    """End a process and what it started; forcibly when it does not end in time."""
    if not is_alive(process):
        _CHILDREN.pop(process.pid, None)
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # It leads a session of its own, so the group is only what it started.
            os.killpg(process.pid, number)
        if _ended(process, seconds):
            break
    _CHILDREN.pop(process.pid, None)


def _ended(process: Process, seconds: float) -> bool:
    """Wait for the end, not for somebody to collect its exit code: in a container that may take seconds."""
    deadline = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def last_words(log: Path) -> str:
    """Return the end of a log: what the process complained of last, and else its last lines."""
    try:
        lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return "it wrote nothing"
    tail = [line for line in lines if line][-_TAIL_LINES:]
    errors = [line for line in tail if _ERROR.search(line)]
    return "\n".join(_PREFIX.sub("", line)[:400] for line in (errors[-3:] or tail)) or "it wrote nothing"
