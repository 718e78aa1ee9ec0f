"""The process of the embedded MLflow server: start, recognise, stop; it lives on after the command that started it."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlplatform import local_processes
from mlplatform.config.addresses import is_local
from mlplatform.local_processes import LocalProcess

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "mlflow"
_RECORD = "server.json"
LOG = "server.log"
# "sqlite3.DatabaseError: ..." of a traceback, "ERROR: [Errno 98] ..." of uvicorn.
_ERROR = re.compile(r"[\w.]*(Error|Exception|ERROR)\b.*")
# What the worker's command line names.
_APP = "mlflow.server"


@dataclass(frozen=True, kw_only=True)
class ServerRecord:
    """What is kept of a started server.

    Attributes:
        pid: process id.
        created: when it was started, seconds since the epoch.
        uri: the address it listens at.
        mark: see :class:`mlplatform.local_processes.LocalProcess`.

    """

    pid: int
    created: float
    uri: str
    mark: str

    @property
    def process(self) -> LocalProcess:
        """The process itself."""
        return LocalProcess(name=_NAME, pid=self.pid, created=self.created, mark=self.mark)


def read_record(root: Path) -> ServerRecord | None:
    """Return the record of the last server started in ``root``, ``None`` without a readable one."""
    try:
        data: Any = json.loads((root / _RECORD).read_text(encoding="utf-8"))
        process = LocalProcess.of_record({**data, "name": _NAME})
        record = ServerRecord(pid=process.pid, created=process.created, uri=str(data["uri"]), mark=process.mark)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return record if is_local(record.uri) else None


def forget_record(root: Path) -> None:
    """Remove the record."""
    (root / _RECORD).unlink(missing_ok=True)


def start(root: Path, uri: str) -> ServerRecord:
    """Start ``mlflow server`` on SQLite and local, proxied artifacts below ``root``, without waiting for it."""
    parts = urlsplit(uri)
    artifacts = root / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", parts.hostname or "127.0.0.1"]
    command += ["--port", str(parts.port or 80), "--workers", "1", "--backend-store-uri", _backend(root)]
    command += ["--serve-artifacts", "--artifacts-destination", str(artifacts)]
    process = local_processes.start(_NAME, command, folder=root, log=root / LOG, environment=_environment(root))
    record = ServerRecord(pid=process.pid, created=process.created, uri=uri, mark=process.mark)
    temporary = root / f"{_RECORD}.tmp"
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    temporary.replace(root / _RECORD)
    return record


def is_alive(record: ServerRecord) -> bool:
    """Return whether the recorded server still runs, or its worker, which goes on serving without it."""
    return local_processes.is_alive(record.process, is_worker=_is_worker)


def stop(record: ServerRecord) -> None:
    """End the server and its workers."""
    local_processes.stop(record.process, is_worker=_is_worker)


def last_words(root: Path) -> str:
    """Return the line of the server's log that tells best why it ended: its last error, else its last line."""
    lines = local_processes.last_lines(root / LOG)
    return next((line for line in lines if _ERROR.match(line)), lines[0] if lines else "")


def _is_worker(command: str) -> bool:
    return _APP in command


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
