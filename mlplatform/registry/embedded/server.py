"""The embedded registry: a real MLflow server with really trained sample models, for a first look and for tests.

The models come from a committed snapshot (:mod:`.embedded.snapshot`): every machine has the same ones.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlplatform.config.addresses import is_local
from mlplatform.config.problems import ProblemsError
from mlplatform.registry.client.failure import one_line
from mlplatform.registry.embedded import process as server_process
from mlplatform.registry.embedded.address import ServerState, answer, listening_fault, same_address
from mlplatform.registry.embedded.process import ServerRecord, is_alive
from mlplatform.registry.embedded.snapshot import Contents, contents, load, read_snapshot
from mlplatform.registry.embedded.words import foreign_notice, foreign_problem, problem
from mlplatform.registry.location import without_credentials
from mlplatform.registry.process_lock import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Two imports of MLflow and the creation of the database; far above what a slow laptop takes.
START_SECONDS = 180
_POLL_SECONDS = 0.2
_LOCK = "lock"
_OTHER = (
    "the embedded registry holds other models than this checkout's samples: an earlier version made them, or they are "
    "your own; committed locks of samples do not fit them. To get the samples, losing the models that are there: "
    "mlplatform registry down --purge, then mlplatform registry up"
)


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


def status(root: Path, uri: str) -> Status:
    """Return what is at the address, without changing anything."""
    record = server_process.read_record(root)
    pid = record.pid if record and same_address(record.uri, uri) and is_alive(record) else None
    state = answer(uri)
    if state is ServerState.FOREIGN and pid is not None:
        state = ServerState.RUNNING
    return Status(state=state, uri=uri, pid=pid)


def up(root: Path, uri: str, *, report: Callable[[str], None], required: bool = False) -> None:
    """Start the server unless an MLflow server answers already, and give a fresh registry the sample models.

    An MLflow server outside this project at the address is used as it is, and so is a registry that holds other models.
    The server that runs is not stopped for an address at which none can listen.

    Args:
        root: folder of the registry's files, ``<project>/.mlplatform/registry``.
        uri: where it listens, ``http://127.0.0.1:<port>``.
        report: receives a line for each thing done.
        required: whether an MLflow server outside this project is an error.

    Raises:
        ProblemsError: not a local address, the port is taken, the server did not start, or its MLflow is another one
            than the samples are for.

    """
    _require_local(uri)
    with exclusive(root / _LOCK):
        if required and status(root, uri).state is ServerState.FOREIGN:
            raise foreign_problem(uri)
        state = _start_if_needed(root, uri, report)
        if state is ServerState.RUNNING and _load_if_fresh(root, report) is Contents.OTHER:
            report(f"Note: {_OTHER}.")


@contextlib.contextmanager
def running(root: Path, uri: str, *, report: Callable[[str], None]) -> Iterator[None]:
    """Run a server without any model below ``root`` as long as the block runs.

    Raises:
        ProblemsError: the port is taken, or the server did not start.

    """
    _start_if_needed(root, uri, report)
    try:
        yield
    finally:
        down(root, report=report)


def seed(root: Path, uri: str, *, report: Callable[[str], None]) -> None:
    """Give this project's running server the sample models, where it has none yet.

    Raises:
        ProblemsError: the server does not run, is not this project's, or holds other models.

    """
    _require_local(uri)
    with exclusive(root / _LOCK):
        state = status(root, uri).state
        if state is ServerState.FOREIGN:
            raise problem(f"the MLflow server at {uri} was not started by this project; no sample models go into it")
        if state is not ServerState.RUNNING:
            raise problem(f"the embedded registry does not run at {uri}; start it with: mlplatform registry up")
        held = _load_if_fresh(root, report)
        if held is Contents.OTHER:
            raise problem(_OTHER)
        if held is Contents.SNAPSHOT:
            report("The sample models are all there.")


def down(root: Path, *, report: Callable[[str], None], purge: bool = False) -> bool:
    """Stop this project's server; return whether one was running.

    Args:
        root: folder of the registry's files.
        report: receives a line for what was done.
        purge: also remove its models, runs and log; without, they are there again after the next start.

    """
    if not root.is_dir():
        report("The embedded registry is not running.")
        return False
    with exclusive(root / _LOCK):
        record = server_process.read_record(root)
        alive = record is not None and is_alive(record)
        if record is not None and alive:
            server_process.stop(record)
        server_process.forget_record(root)
        report(f"Stopped the embedded registry at {record.uri}." if record and alive else
               "The embedded registry is not running.")  # fmt: skip
        if purge:
            for path in root.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path.name != _LOCK:
                    path.unlink()
            report("Removed its models.")
    return alive


def _start_if_needed(root: Path, uri: str, report: Callable[[str], None]) -> ServerState:
    record = server_process.read_record(root)
    if record is not None and not is_alive(record):
        report(f"The embedded registry (process {record.pid}) had ended without saying so; starting anew.")
        server_process.forget_record(root)
        record = None
    if record is not None and same_address(record.uri, uri):
        # It runs, or another command that was killed left it starting.
        _wait(root, record)
        return ServerState.RUNNING
    # Before anything that runs is stopped.
    state = answer(uri)
    if state is ServerState.FOREIGN:
        report(foreign_notice(uri))
        return state
    if state is ServerState.OCCUPIED:
        raise problem(
            f"port {urlsplit(uri).port} is in use by something that is not an MLflow server; stop it, or choose "
            "another port"
        )
    if fault := listening_fault(uri):
        raise problem(fault)
    if record is None:
        _start(root, uri, report)
    else:
        _move(root, record, uri, report)
    return ServerState.RUNNING


def _start(root: Path, uri: str, report: Callable[[str], None]) -> None:
    report(f"Starting the embedded registry at {uri} ...")
    _wait(root, server_process.start(root, uri))


def _move(root: Path, record: ServerRecord, uri: str, report: Callable[[str], None]) -> None:
    """Exchange a server for one at another address; where that does not start, the old one does again."""
    report(f"The embedded registry moves from {record.uri} to {uri}.")
    server_process.stop(record)
    server_process.forget_record(root)
    try:
        _start(root, uri, report)
    except ProblemsError:
        _start(root, record.uri, report)
        raise


def _wait(root: Path, record: ServerRecord) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answer(record.uri) is ServerState.FOREIGN:
            return
        if not is_alive(record):
            server_process.forget_record(root)
            raise problem(f"the MLflow server ended at its start: {_log(root)}")
        time.sleep(_POLL_SECONDS)
    server_process.stop(record)
    server_process.forget_record(root)
    raise problem(f"the MLflow server did not answer within {START_SECONDS} s: {_log(root)}")


def _load_if_fresh(root: Path, report: Callable[[str], None]) -> Contents:
    """Give a registry without anything the sample models; return what it held before."""
    snapshot = read_snapshot()
    held = contents(root, snapshot)
    if held is Contents.NOTHING:
        load(root, snapshot)
        models = snapshot.tables["registered_models"]
        report(f"Put in the {len(models)} sample models: {', '.join(str(model['name']) for model in models)}.")
    return held


def _require_local(uri: str) -> None:
    if not is_local(uri):
        raise problem(
            f"'{without_credentials(uri)}' is not on this machine, or names no port from 1 to 65535; the embedded "
            "registry serves http://127.0.0.1:<port> only"
        )


def _log(root: Path) -> str:
    line = one_line(server_process.last_words(root)) or "it wrote nothing"
    return f"{line} (see {root.parent.name}/{root.name}/server.log)"
