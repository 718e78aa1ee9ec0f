"""Processes on this machine that live on after the command that started them: start, recognise, stop."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

STOP_SECONDS = 15
_POLL_SECONDS = 0.05
# A variable of every process that is started here, and of all that it starts.
_MARK_VARIABLE = "MLPLATFORM_PROCESS_MARK"
_MARK_BYTES = 16
_FIRST_PROCESS = 1
_FINISHED = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})
# Processes that this very process started: only their parent can tell a finished process from a running one.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class LocalProcess:
    """A started process.

    Attributes:
        name: what it is (``etcd``).
        pid: process id.
        created: when it was started, seconds since the epoch; with the id it names one process for ever, as later ones
            may get the same number.
        mark: a random text that the process has in its environment. What a file says of a process is believed only
            where the process says the same: a record may be stale, or edited, and name a process of anybody.

    """

    name: str
    pid: int
    created: float
    mark: str

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> LocalProcess:
        """Return the process that plain data names.

        Raises:
            KeyError: a field is missing.
            TypeError: a field has another type.
            ValueError: it names no process: numbers below 2 mean groups, everybody, or the system's first process.

        """
        name, pid, created, mark = (record[key] for key in ("name", "pid", "created", "mark"))
        if not (isinstance(name, str) and isinstance(mark, str) and isinstance(created, int | float)):
            raise TypeError("a record of a process has a field of another type")
        if not isinstance(pid, int) or isinstance(pid, bool):
            raise TypeError("a process id is a whole number")
        if pid <= _FIRST_PROCESS or not mark:
            raise ValueError("the record names no process")
        return cls(name=name, pid=pid, created=float(created), mark=mark)


def start(
    name: str, command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str]
) -> LocalProcess:
    """Start a process without waiting for it.

    Args:
        name: what it is.
        command: program and arguments.
        folder: its working directory.
        log: file for what it says, replaced.
        environment: all its variables.

    """
    mark = secrets.token_hex(_MARK_BYTES)
    with log.open("wb") as stream:
        # A session of its own and no inherited stream: it outlives the terminal, and a pipe that waits for the end of
        # this command's output does not wait for it.
        child = subprocess.Popen(
            list(command), cwd=folder, env={**environment, _MARK_VARIABLE: mark}, stdin=subprocess.DEVNULL,
            stdout=stream, stderr=stream, start_new_session=True,
        )  # fmt: skip
    _CHILDREN[child.pid] = child
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.Error:
        created = 0.0
    process = LocalProcess(name=name, pid=child.pid, created=created, mark=mark)
    _await_mark(child, process)
    return process


def is_alive(process: LocalProcess, *, is_worker: Callable[[str], bool] = lambda _command: False) -> bool:
    """Return whether that very process still runs; one that nobody waited for after its end does not.

    Args:
        process: what was started.
        is_worker: whether a command line is that of a worker, which counts, too, where the process itself has ended: it
            may go on serving when only the process that started it was killed. Its command line has to tell, as a
            later process may have led a group of the same number.

    """
    child = _CHILDREN.get(process.pid)
    if child is not None:
        # Else it stays in the table of processes.
        child.poll()
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(process.pid)
        if leader.create_time() != process.created:
            return False
        # One that is just being killed has no environment any more, and its worker goes on.
        if leader.status() not in _FINISHED and _is_marked(leader, process):
            return True
    return any(is_worker(_command_line(member)) and _is_marked(member, process) for member in _group(process))


def stop(
    process: LocalProcess,
    *,
    seconds: float = STOP_SECONDS,
    is_worker: Callable[[str], bool] = lambda _command: False,
) -> None:
    """End a process and what it started; forcibly when it does not end in time.

    Args:
        process: what was started.
        seconds: how long it may take to end by itself.
        is_worker: see :func:`is_alive`.

    """
    if is_alive(process, is_worker=is_worker):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                # It leads a session of its own, so the group is only what it started.
                os.killpg(process.pid, number)
            if _ended(process, seconds):
                break
    _CHILDREN.pop(process.pid, None)


def last_lines(log: Path) -> list[str]:
    """Return the lines of a log that are not empty, the last one first; none without a readable log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in reversed(lines) if line.strip()]


def _ended(process: LocalProcess, seconds: float) -> bool:
    """Wait for the end, not for somebody to collect its exit code: in a container that may take seconds."""
    deadline = time.monotonic() + seconds
    while any(_group(process)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _group(process: LocalProcess) -> Iterator[psutil.Process]:
    """Yield the processes of the group that a process leads, without those that have finished."""
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(pid) == process.pid and (member := psutil.Process(pid)).status() not in _FINISHED:
                yield member


def _await_mark(child: subprocess.Popen[bytes], process: LocalProcess) -> None:
    """Wait until a started process shows its mark: Linux tells of an environment a moment after the program runs."""
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(process.pid)
        while child.poll() is None and not _is_marked(started, process) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS / 10)


def _is_marked(member: psutil.Process, process: LocalProcess) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return bool(process.mark) and member.environ().get(_MARK_VARIABLE) == process.mark
    return False


def _command_line(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
