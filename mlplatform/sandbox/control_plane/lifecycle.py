"""The sandbox of a checkout: it lives on after the command that started it, and holds the same after a stop."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlplatform import local_processes
from mlplatform.config.problems import ProblemsError
from mlplatform.local_processes import LocalProcess
from mlplatform.private_files import write_private
from mlplatform.sandbox.control_plane.api import Api
from mlplatform.sandbox.control_plane.commands import Ports
from mlplatform.sandbox.control_plane.control_plane import ControlPlane
from mlplatform.sandbox.files import exclusive
from mlplatform.sandbox.problems import problem
from mlplatform.sandbox.toolchain.binaries import NoBinariesError, find_binaries
from mlplatform.sandbox.toolchain.go_build import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_RECORD = "sandbox.json"


@dataclass(frozen=True, kw_only=True)
class Status:
    """State of a checkout's sandbox.

    Attributes:
        running: whether all of it runs and the API server is ready.
        kubeconfig: file with full access.
        admission_webhooks: whether the API server asks admission webhooks.
        processes: what was started, in its order.
        dead: components that ended without being stopped.

    """

    running: bool
    kubeconfig: Path
    admission_webhooks: bool = False
    processes: tuple[LocalProcess, ...] = ()
    dead: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Record:
    ports: Ports
    admission_webhooks: bool
    processes: tuple[LocalProcess, ...]


def folder(project: Path) -> Path:
    """Return the folder of a checkout's sandbox, ignored by git."""
    return project / ".mlplatform" / "sandbox"


def up(root: Path, *, report: Callable[[str], None], admission_webhooks: bool = False) -> Path:
    """Start the sandbox unless it runs; what it held before it was stopped is there again.

    Args:
        root: folder of its files, :func:`folder`.
        report: receives a line for each thing done.
        admission_webhooks: whether the API server asks admission webhooks.

    Returns:
        The kubeconfig file.

    Raises:
        ProblemsError: the programs cannot be had, or a process ended at its start.

    """
    with exclusive(root / "lock", waiting=lambda: report("Another command is working on the sandbox ...")):
        record = _read(root)
        state = _status(root, record)
        if state.running and state.admission_webhooks == admission_webhooks:
            report(f"The sandbox is running already: {state.kubeconfig}")
            return state.kubeconfig
        if record is not None:
            _say_why(state, report)
            _stop(root, record)
        try:
            binaries = find_binaries(report)
        except NoBinariesError as error:
            raise problem(str(error)) from None
        report("Starting the sandbox: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok ...")
        # The ports of before, so that copies of the kubeconfig stay right.
        plane = ControlPlane(
            root, binaries, admission_webhooks=admission_webhooks, ports=record.ports if record else None
        )
        plane.start(started=lambda: _write(root, plane))
        report(f"The API server is ready at {plane.server}; kubeconfig: {plane.kubeconfig}")
        return plane.kubeconfig


def down(root: Path, *, report: Callable[[str], None], purge: bool = False) -> bool:
    """Stop the sandbox, the last started process first; return whether one was running.

    Args:
        root: folder of its files.
        report: receives a line for each thing done.
        purge: remove all it holds, too; else the objects are there again after the next start.

    """
    if not root.is_dir():
        report("The sandbox is not running.")
        return False
    with exclusive(root / "lock", waiting=lambda: report("Another command is working on the sandbox ...")):
        record = _read(root)
        running = record is not None and any(map(local_processes.is_alive, record.processes))
        if record is not None:
            _stop(root, record)
        report("Stopped the sandbox." if running else "The sandbox is not running.")
        if purge:
            for path in root.iterdir():
                if path.name != "lock":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            report("Removed everything it held.")
    return running


def status(root: Path) -> Status:
    """Return the state of the sandbox, without changing anything."""
    return _status(root, _read(root))


def _status(root: Path, record: _Record | None) -> Status:
    kubeconfig = root / "kubeconfig"
    if record is None:
        return Status(running=False, kubeconfig=kubeconfig)
    dead = tuple(process.name for process in record.processes if not local_processes.is_alive(process))
    complete = tuple(process.name for process in record.processes) == COMPONENTS
    return Status(
        running=complete and not dead and kubeconfig.is_file() and _ready(kubeconfig),
        kubeconfig=kubeconfig,
        admission_webhooks=record.admission_webhooks,
        processes=record.processes,
        dead=dead,
    )


def _ready(kubeconfig: Path) -> bool:
    try:
        api = Api(kubeconfig)
        try:
            return api.get("/readyz").ok
        finally:
            api.close()
    except ProblemsError:
        return False


def _say_why(state: Status, report: Callable[[str], None]) -> None:
    if state.running:
        requested = "off" if state.admission_webhooks else "on"
        report(f"The sandbox starts anew, with admission webhooks {requested}.")
    elif state.dead:
        report(f"Of the sandbox, {', '.join(state.dead)} had ended without being stopped; starting anew.")
    elif state.processes:
        report("The sandbox had not become ready; starting anew.")


def _stop(root: Path, record: _Record) -> None:
    # First, so that nobody takes a sandbox that is going down for one that runs.
    (root / "kubeconfig").unlink(missing_ok=True)
    for process in reversed(record.processes):
        local_processes.stop(process)
    _write_record(root, _Record(ports=record.ports, admission_webhooks=record.admission_webhooks, processes=()))


def _write(root: Path, plane: ControlPlane) -> None:
    if plane.ports is not None:
        _write_record(
            root,
            _Record(ports=plane.ports, admission_webhooks=plane.admission_webhooks, processes=tuple(plane.running)),
        )


def _write_record(root: Path, record: _Record) -> None:
    write_private(root / _RECORD, json.dumps(asdict(record), indent=2) + "\n")


def _read(root: Path) -> _Record | None:
    """Return what was started last, ``None`` without a readable record."""
    try:
        data: Any = json.loads((root / _RECORD).read_text(encoding="utf-8"))
        return _Record(
            ports=Ports(**data["ports"]),
            admission_webhooks=bool(data["admission_webhooks"]),
            processes=tuple(map(LocalProcess.of_record, data["processes"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
