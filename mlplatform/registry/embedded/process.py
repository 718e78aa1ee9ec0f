"""The process of the embedded MLflow server: start, recognise, stop; it lives on after the command that started it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_RECORD = "server.json"
LOG = "server.log"
# "sqlite3.DatabaseError: ..." of a traceback, "ERROR: [Errno 98] ..." of uvicorn.
_ERROR = re.compile(r"[\w.]*(Error|Exception|ERROR)\b.*")
# What the worker's command line names; only the server's own names the database.
_APP = "mlflow.server"
_POLL_SECONDS = 0.1
STOP_SECONDS = 10
# Linux; elsewhere ps has to tell.
PROCESSES = Path("/proc")
# Servers that this very process started: only their parent can tell a finished process from a running one.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class ServerRecord:
    """What is kept of a started server: process id and the address it listens at."""

    pid: int
    uri: str


def read_record(root: Path) -> ServerRecord | None:
    """Return the record of the last server started in ``root``, ``None`` without a readable one."""
    try:
        data: Any = json.loads((root / _RECORD).read_text(encoding="utf-8"))
        return ServerRecord(pid=int(data["pid"]), uri=str(data["uri"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_record(root: Path) -> None:
    """Remove the record."""
    (root / _RECORD).unlink(missing_ok=True)


def start(root: Path, uri: str) -> subprocess.Popen[bytes]:
    """Start ``mlflow server`` on SQLite and local, proxied artifacts below ``root``, without waiting for it."""
    parts = urlsplit(uri)
    artifacts = root / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", parts.hostname or "127.0.0.1"]
    command += ["--port", str(parts.port or 80), "--workers", "1", "--backend-store-uri", _backend(root)]
    command += ["--serve-artifacts", "--artifacts-destination", str(artifacts)]
    with (root / LOG).open("wb") as log:
        # A session of its own and no inherited stream: it outlives the terminal, and a pipe that waits for the end of
        # this command's output does not wait for the server.
        process = subprocess.Popen(
            command, cwd=root, env=_environment(root), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    _CHILDREN[process.pid] = process
    temporary = root / f"{_RECORD}.tmp"
    temporary.write_text(json.dumps(asdict(ServerRecord(pid=process.pid, uri=uri))), encoding="utf-8")
    temporary.replace(root / _RECORD)
    return process


def is_alive(root: Path, record: ServerRecord) -> bool:
    """Return whether the recorded server still runs and is this project's, not a later process with its number.

    Its worker alone counts, too: it goes on serving when only the process that started it was killed.
    """
    child = _CHILDREN.get(record.pid)
    if child is not None and child.poll() is None:
        return True
    commands = _running(record.pid)
    return commands is None or any(_backend(root) in command or _APP in command for command in commands)


def stop(record: ServerRecord) -> None:
    """End the server and its workers; forcibly when it does not end within :data:`STOP_SECONDS`."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if _running(record.pid) == []:
                _CHILDREN.pop(record.pid, None)
                return
            time.sleep(_POLL_SECONDS)


def last_words(root: Path) -> str:
    """Return the line of the server's log that tells best why it ended: its last error, else its last line."""
    try:
        lines = (root / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in reversed(lines) if line.strip()]
    return next((line for line in said if _ERROR.match(line)), said[0] if said else "")


def _backend(root: Path) -> str:
    return f"sqlite:///{root.resolve() / 'mlflow.db'}"


def _environment(root: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environment = {
        **inherited,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # Background jobs judge language models; they would start more processes.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONUNBUFFERED": "1",
    }
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):
        # Without byte code MLflow takes half a minute to import: keep it, but out of the packages' folders.
        environment.setdefault("PYTHONPYCACHEPREFIX", str(root.resolve() / "bytecode"))
    return environment


def _running(group: int) -> list[str] | None:
    """Return the command lines of the processes of a group, ``None`` where the system does not tell them.

    Finished processes that nobody waited for do not count.
    """
    child = _CHILDREN.get(group)
    if child is not None:
        child.poll()
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return []
    if (PROCESSES / "self" / "cmdline").exists():
        return [_command(path) for path in PROCESSES.glob("[0-9]*") if _belongs(path, group)]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        result = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pgid=,state=,command="],  # noqa: S607 - ps lies elsewhere on every system
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
        rows = (line.split(None, 2) for line in result.stdout.splitlines())
        return [row[2] for row in rows if len(row) > 2 and row[0] == str(group) and not row[1].startswith("Z")]  # noqa: PLR2004 - three columns
    return None


def _belongs(process: Path, group: int) -> bool:
    """Return whether a process is one of the group that has not finished."""
    with contextlib.suppress(OSError):
        # pid (name) state ...; the name may hold anything but is the last thing in parentheses.
        state = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        return state not in {"Z", "X"} and os.getpgid(int(process.name)) == group
    return False


def _command(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
