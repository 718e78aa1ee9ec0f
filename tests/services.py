"""Services that the tests of a run share, on whichever worker they run: started once, by the first who needs it.

A service is a context manager that yields plain data about what it started, and what to do over and over as long as it
runs. It has a process of its own
(``python -m tests.services NAME FOLDER OWNER``), which ends when it is told to or when the run's own process is gone.
``tests/conftest.py`` makes the run's folder and stops its services.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
# Folder that all workers of a run share; the process that made it is its owner.
FOLDER, OWNER = "MLPLATFORM_TEST_RUN", "MLPLATFORM_TEST_RUN_OWNER"
# Name -> function that runs it, imported only where it is needed.
SERVICES = {
    "registry": "tests.servers:registry_service",
    "s3": "tests.object_stores:moto_service",
    "warm": "tests.warm:warm_service",
}
_START_SECONDS = 300
_POLL_SECONDS = 0.05


def run_folder() -> Path:
    """Return the folder that all workers of this run share."""
    return Path(os.environ[FOLDER])


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one worker at a time into the block."""
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once_a_run(name: str, make: Callable[[], Any]) -> Any:
    """Return what a function returns, which the first worker calls and all others read."""
    file = run_folder() / f"{name}.pickle"
    if not file.exists():
        with locked(name):
            if not file.exists():
                made = make()
                written = file.with_suffix(".new")
                written.write_bytes(pickle.dumps(made))
                written.rename(file)
                return made
    return pickle.loads(file.read_bytes())  # noqa: S301 - written by this very run


def service(name: str) -> Any:
    """Return what a service says of itself; it is started where nobody did before.

    Raises:
        RuntimeError: it could not be started; the message is the end of its log.

    """
    folder = run_folder() / name
    with locked(name):
        folder.mkdir(exist_ok=True)
        if not (folder / "state.json").exists():
            _start(name, folder)
    return {"folder": str(folder), **json.loads((folder / "state.json").read_text())}


def _start(name: str, folder: Path) -> None:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.services", name, str(folder), os.environ[OWNER]],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    give_up = time.monotonic() + _START_SECONDS
    while not (folder / "state.json").exists():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{name} did not start: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(_POLL_SECONDS)
    (folder / "pid").write_text(str(process.pid))


def stop_all(folder: Path) -> None:
    """Stop all services of a run, and wait until they have ended."""
    running = []
    for file in folder.glob("*/pid"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(file.read_text()))
            process.terminate()
            running.append(process)
    psutil.wait_procs(running, timeout=60)


def main(name: str, folder: Path, owner: int) -> None:
    """Run a service until it is told to end or its owner is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit())
    module, _, function = SERVICES[name].partition(":")
    with getattr(importlib.import_module(module), function)(folder) as (data, step):
        written = folder / "state.new"
        written.write_text(json.dumps(data))
        written.rename(folder / "state.json")
        while psutil.pid_exists(owner):
            step()


def wait() -> None:
    """Do nothing for a moment: what services do that need not do anything."""
    time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
