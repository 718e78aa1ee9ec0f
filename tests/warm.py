"""New processes without imports: ``python -m MODULE`` forked from a process that has imported everything before.

A Python that starts takes seconds to import Pulumi, its providers and MLflow, and the command line starts a second one
for the program. A fork has its own arguments, environment, folder, streams, signals and exit code, as a new process
has. What it lacks is the start of Python itself: some tests start real processes for that.

The service learns what to import: a fork says at its end which modules were new, and the next ones have them.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import uuid
from pathlib import Path

from tests.services import ROOT, service

PROGRAM = "mlplatform.review.engine.worker"
MODULES = {"mlplatform", PROGRAM}
# Where modules lie that every process may have; those of a test's own folder are its own.
_SHARED = (str(ROOT), sys.prefix, sys.base_prefix)
_LENGTH = 8
_really_run = subprocess.run


def run(command, **options):
    """Do what :func:`subprocess.run` does; a command line or a program of ours is forked."""
    if list(command[:2]) != [sys.executable, "-m"] or command[2] not in MODULES:
        return _really_run(command, **options)
    return _fork(list(command), service("warm")["socket"], **options)


def _run_programs_warm(command, **options):
    """Fork the programs of stacks, and nothing else."""
    start = run if list(command[1:3]) == ["-m", PROGRAM] else _really_run
    return start(command, **options)


@contextlib.contextmanager
def programs(*, warm):
    """Let :func:`mlplatform.review.engine.program.run_program` fork the programs of stacks in the block, or not."""
    before, subprocess.run = subprocess.run, _run_programs_warm if warm else _really_run
    try:
        yield
    finally:
        subprocess.run = before


def _fork(  # noqa: PLR0913 - the options of subprocess.run that are in use
    command, address, *, input=None, stdout=None, stderr=None, capture_output=False, text=False,  # noqa: A002
    cwd=None, env=None, timeout=None, check=False,
):  # fmt: skip
    assert not check, "no caller wants an exception"
    request = {"command": command[2:], "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
    with contextlib.ExitStack() as stack:
        said, errors, given = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write((input or "").encode() if text or input is None else input)
        given.seek(0)
        out = said if capture_output or stdout == subprocess.PIPE else sys.__stdout__
        error = out if stderr == subprocess.STDOUT else errors if capture_output else sys.__stderr__
        connection = stack.enter_context(socket.socket(socket.AF_UNIX))
        connection.connect(address)
        content = json.dumps(request).encode()
        streams = [stream.fileno() for stream in (given, out, error)]
        socket.send_fds(connection, [len(content).to_bytes(_LENGTH, "big")], streams)
        connection.sendall(content)
        answers = connection.makefile()
        pid = int(answers.readline())
        connection.settimeout(timeout)
        try:
            code = int(answers.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(command, timeout, output=_read(said, text=text)) from None
        return subprocess.CompletedProcess(command, code, _read(said, text=text), _read(errors, text=text))


def _read(file, *, text):
    file.seek(0)
    content = file.read()
    return content.decode() if text else content


@contextlib.contextmanager
def warm_service(folder):
    """Fork processes for whoever asks at a socket."""
    address, lessons = folder / "socket", folder / "lessons"
    lessons.mkdir()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    importlib.import_module("mlplatform.cli.app")
    with socket.socket(socket.AF_UNIX) as listener:
        # Of paths longer than a hundred bytes, the kernel takes none.
        address = f"{tempfile.gettempdir()}/mlplatform-warm-{uuid.uuid4().hex[:12]}"
        listener.bind(address)
        listener.listen()
        listener.settimeout(1)

        def step():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                return
            _learn(lessons)
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _attend(connection, lessons)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass

        try:
            yield {"socket": address}, step
        finally:
            Path(address).unlink()


def _learn(lessons):
    for file in lessons.glob("*.json"):
        names = json.loads(file.read_text())
        file.unlink()
        for name in names:
            with contextlib.suppress(Exception):
                # Pulumi's packages are read at their first use, and then replace modules by classes of the same name.
                hasattr(importlib.import_module(name.rpartition(".")[0] or name), "__all__")
                importlib.import_module(name)
    assert threading.active_count() == 1, "a fork of a process with threads may wait for ever"


def _attend(connection, lessons):
    """Start the process that a client asks for, and tell it how that ended; does not return."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(connection, _LENGTH, 3)
    reader = connection.makefile("rb")
    request = json.loads(reader.read(int.from_bytes(head, "big")))
    child = os.fork()
    if child == 0:
        connection.close()
        reader.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _become(request, lessons)
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request, lessons):
    """Be the process of a request; does not return."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code, known = 1, set(sys.modules)
    try:
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        module, *arguments = request["command"]
        sys.argv = [module, *arguments]
        sys.path[0] = request["cwd"]
        subprocess.run = _run_programs_warm
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - as the end of any process
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        _tell(lessons, known)
        os._exit(code)


def _tell(lessons, known):
    new = [
        name
        for name, module in list(sys.modules.items())
        if name not in known
        and name not in {"__main__", *MODULES}
        and (file := getattr(module, "__file__", None))
        and str(Path(file).resolve()).startswith(_SHARED)
    ]
    if new:
        written = lessons / f"{os.getpid()}.new"
        written.write_text(json.dumps(new))
        written.rename(written.with_suffix(".json"))
