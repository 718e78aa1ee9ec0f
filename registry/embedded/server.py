"""The embedded registry: a real MLflow server with really trained sample models, for a first look and for tests."""

from __future__ import annotations

import importlib
import json
import socket
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from registry.client.environment import hush, quiet_mlflow
from registry.client.failure import one_line
from registry.embedded import process as server_process
from registry.embedded.process import ServerRecord, is_alive
from registry.embedded.seeding import seed_samples
from registry.exclusive import exclusive
from settings.problems import Problem, ProblemsError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

_PLACE = "embedded registry"
_KEY = "registry.uri"
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# Two imports of MLflow and the creation of the database; far above what a slow laptop takes.
START_SECONDS = 180
_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 3
# Raised when the sample models change, so that an earlier project gets the new ones.
_SAMPLES = 1
_MARKER = "seeded.json"


class ServerState(StrEnum):
    """What is at the address of the embedded registry."""

    RUNNING = "running"
    """This project's server answers."""
    FOREIGN = "foreign"
    """Another MLflow server answers."""
    OCCUPIED = "occupied"
    """Something that is not an MLflow server uses the port."""
    STOPPED = "stopped"
    """Nothing answers."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """State of the embedded registry.

    Attributes:
        state: what is at the address.
        uri: the address.
        pid: process id of this project's server, where it runs.

    """

    state: ServerState
    uri: str
    pid: int | None = None


def is_local(uri: str) -> bool:
    """Return whether a registry URI is one that the embedded registry can serve: plain HTTP on this machine."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS


def status(root: Path, uri: str) -> Status:
    """Return what is at the address, without changing anything."""
    record = server_process.read_record(root)
    pid = record.pid if record and _same(record.uri, uri) and is_alive(root, record) else None
    state = _answer(uri)
    if state is ServerState.FOREIGN and pid is not None:
        state = ServerState.RUNNING
    return Status(state=state, uri=uri, pid=pid)


def up(root: Path, uri: str, *, report: Callable[[str], None]) -> None:
    """Start the server unless an MLflow server answers already, and train the sample models that are missing.

    Somebody else's MLflow server at the address is used as it is: no sample model is put into it.

    Args:
        root: folder of the registry's files, ``<project>/.mlplatform/registry``.
        uri: where it listens, ``http://127.0.0.1:<port>``.
        report: receives a line for each thing done.

    Raises:
        ProblemsError: not a local address, the port is taken, or the server did not start.

    """
    _require_local(uri)
    with exclusive(root / "lock"):
        state = _start_if_needed(root, uri, report)
        if state is ServerState.RUNNING and not _seeded(root):
            _seed(root, uri, report)


def seed(root: Path, uri: str, *, report: Callable[[str], None]) -> None:
    """Train and register the sample models that are missing in this project's running server.

    Raises:
        ProblemsError: the server does not run, or is not this project's.

    """
    _require_local(uri)
    with exclusive(root / "lock"):
        state = status(root, uri).state
        if state is ServerState.FOREIGN:
            raise _problem(f"the MLflow server at {uri} was not started by this project; no sample models go into it")
        if state is not ServerState.RUNNING:
            raise _problem(f"the embedded registry does not run at {uri}; start it with: python -m cli registry up")
        if _seed(root, uri, report) == 0:
            report("The sample models are all there.")


def down(root: Path, *, report: Callable[[str], None]) -> bool:
    """Stop this project's server; its models stay. Return whether one was running."""
    if not root.is_dir():
        report("The embedded registry is not running.")
        return False
    with exclusive(root / "lock"):
        record = server_process.read_record(root)
        running = record is not None and is_alive(root, record)
        if record is not None and running:
            server_process.stop(record)
        server_process.forget_record(root)
    report(f"Stopped the embedded registry at {record.uri}." if record and running else
           "The embedded registry is not running.")  # fmt: skip
    return running


def _start_if_needed(root: Path, uri: str, report: Callable[[str], None]) -> ServerState:
    record = server_process.read_record(root)
    if record is not None and not is_alive(root, record):
        report(f"The embedded registry (process {record.pid}) had ended without saying so; starting anew.")
        server_process.forget_record(root)
    elif record is not None and not _same(record.uri, uri):
        report(f"The embedded registry moves from {record.uri} to {uri}.")
        server_process.stop(record)
        server_process.forget_record(root)
    elif record is not None:
        # It runs, or another command that was killed left it starting.
        _wait(root, record, None)
        return ServerState.RUNNING
    state = _answer(uri)
    if state is ServerState.FOREIGN:
        report(f"An MLflow server that is not this project's answers at {uri}: used as it is, without sample models.")
        return state
    if state is ServerState.OCCUPIED:
        port = urlsplit(uri).port
        raise _problem(
            f"port {port} is in use by something that is not an MLflow server; stop it, or choose another port"
        )
    if not (root / "mlflow.db").is_file():
        # Somebody removed the database: the new one gets the samples, whatever was said of the old one.
        (root / _MARKER).unlink(missing_ok=True)
    report(f"Starting the embedded registry at {uri} ...")
    process = server_process.start(root, uri)
    if not _seeded(root):
        _warm_up()
    _wait(root, ServerRecord(pid=process.pid, uri=uri), process)
    return ServerState.RUNNING


def _wait(root: Path, record: ServerRecord, process: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _answer(record.uri) is ServerState.FOREIGN:
            return
        ended = process.poll() is not None if process else not is_alive(root, record)
        if ended:
            server_process.forget_record(root)
            raise _problem(f"the MLflow server ended at its start: {_log(root)}")
        time.sleep(_POLL_SECONDS)
    server_process.stop(record)
    server_process.forget_record(root)
    raise _problem(f"the MLflow server did not answer within {START_SECONDS} s: {_log(root)}")


def _warm_up() -> None:
    """Import what the seeding needs while the server is starting on another core."""
    with quiet_mlflow({}):
        for module in ("mlflow.sklearn", "sklearn.ensemble", "sklearn.pipeline", "sklearn.datasets", "mlflow.xgboost"):
            importlib.import_module(module)
        hush()


def _seed(root: Path, uri: str, report: Callable[[str], None]) -> int:
    report("Training the sample models ...")
    trained = seed_samples(uri, report=report)
    (root / _MARKER).write_text(json.dumps({"samples": _SAMPLES}), encoding="utf-8")
    return trained


def _seeded(root: Path) -> bool:
    """Return whether this store got all samples before; asking the server costs seconds of imports at every preview."""
    try:
        data = json.loads((root / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return data == {"samples": _SAMPLES} and (root / "mlflow.db").is_file()


def _answer(uri: str) -> ServerState:
    """Return what answers at an address; an MLflow server counts as foreign until the record says otherwise."""
    parts = urlsplit(uri)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_ANSWER_SECONDS).close()
    except OSError:
        return ServerState.STOPPED
    try:
        with requests.Session() as session:
            # Not through a company's proxy.
            session.trust_env = False
            # MLflow's own route, and one that tells it from other servers with a /health.
            response = session.get(f"{uri.rstrip('/')}/version", timeout=_ANSWER_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return ServerState.OCCUPIED
    looks_like_version = response.ok and response.text[:1].isdigit() and len(response.text) < len("100.100.100.dev0000")
    return ServerState.FOREIGN if looks_like_version else ServerState.OCCUPIED


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _require_local(uri: str) -> None:
    if not is_local(uri):
        raise _problem(f"'{uri}' is not on this machine; the embedded registry serves http://127.0.0.1:<port> only")


def _log(root: Path) -> str:
    line = one_line(server_process.last_words(root)) or "it wrote nothing"
    return f"{line} (see {root.parent.name}/{root.name}/server.log)"


def _problem(message: str) -> ProblemsError:
    return ProblemsError([Problem(file=_PLACE, key=_KEY, message=message)])
