"""Run a stack's program offline, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.stack_file import read_stack_file
from mlplatform.review.engine.errors import ProgramError
from mlplatform.review.engine.messages import Message
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.state_file import parse_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.review.state.resources import StackState

__all__ = ["Message", "ProgramError", "ProgramResult", "request_of", "run_program"]

# What a surrounding `pulumi` would tell a program; the stack file is the only source here.
_ENGINE_VARIABLES = ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_MONITOR", "PULUMI_ENGINE")
# What the Kubernetes SDK fills a provider's inputs from: a path of this machine is no part of the desired state.
_PROVIDER_VARIABLES = ("KUBECONFIG", "PULUMI_K8S_")


@dataclass(frozen=True, kw_only=True)
class ProgramResult:
    """What a program registered.

    Attributes:
        state: the desired state.
        messages: the program's ``pulumi.log`` lines, in their order.
        log: what the program printed.

    """

    state: StackState
    messages: tuple[Message, ...]
    log: str


def run_program(
    project_dir: Path,
    stack: str,
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    known: StackState | None = None,
) -> ProgramResult:
    """Run the stack's ``__main__.py`` against the in-process monitor.

    Args:
        project_dir: folder of ``Pulumi.yaml``.
        stack: name of the stack, as in ``Pulumi.<stack>.yaml``.
        env: variables for the program, on top of this process's own.
        timeout: seconds after which the program is ended, ``None`` for never.
        known: the last known state, whose ids and outputs the program is told of what stays.

    Raises:
        ProblemsError: the project or the stack file is wrong, or the program reported problems of its input.
        ProgramError: the program failed in any other way.

    """
    request = request_of(project_dir, stack) | ({"known": export_document(known)} if known else {})
    program = Path(request["program"])
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in _ENGINE_VARIABLES and not name.startswith(_PROVIDER_VARIABLES)
    } | dict(env or {})
    with tempfile.TemporaryDirectory(prefix="mlplatform-") as folder:
        file = Path(folder) / "result.json"
        try:
            done = subprocess.run(
                [sys.executable, "-m", "mlplatform.review.engine.worker", str(file)],
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=program if program.is_dir() else program.parent,
                env=variables,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            log = (error.stdout or b"").decode(errors="replace")
            raise ProgramError(f"the program did not end within {timeout:g} seconds", log=log) from None
        log = done.stdout.decode(errors="replace")
        if not file.is_file():
            what = f"the program's process ended with code {done.returncode} before it was done"
            raise ProgramError(what, log=log)
        result = json.loads(file.read_text(encoding="utf-8"))
    if "error" in result:
        raise _error(result["error"], log)
    return ProgramResult(
        state=parse_document(result["document"], file="the program's state"),
        messages=tuple(Message(**message) for message in result["messages"]),
        log=log,
    )


def request_of(project_dir: Path, stack: str) -> dict[str, Any]:
    """Return the request for :func:`mlplatform.review.engine.worker.answer` that runs a stack's program.

    Raises:
        ProblemsError: the project or the stack file is wrong.

    """
    project_dir = project_dir.resolve()
    stack_file = read_stack_file(project_dir, stack)
    return {
        "project": stack_file.project,
        "stack": stack,
        "organization": "organization",
        "config": stack_file.wire_config(),
        "secret_keys": stack_file.secret_keys,
        "root_directory": str(project_dir),
        "program": str(_program(project_dir, stack_file.main)),
    }


def _error(error: Mapping[str, Any], log: str) -> Exception:
    if "problems" in error:
        return ProblemsError(Problem(**problem) for problem in error["problems"])
    return ProgramError(error["message"], log=log)


def _program(project_dir: Path, main: str) -> Path:
    """Return the program's folder or file, as ``main`` of the project file says; the engine runs it the same way."""
    program = (project_dir / main).resolve()
    file = program / "__main__.py" if program.is_dir() else program
    if not file.is_file():
        name = os.path.relpath(file, project_dir)
        message = "there is no such file; it is the program that pulumi preview runs"
        raise ProblemsError([Problem(file=name, key="", message=message)])
    return program
