"""Run one stack's program in this process, offline, and write what it registered.

Started by :func:`.program.run_program` as ``python -m mlplatform.review.engine.worker RESULT``, with the request as
JSON on standard input. One process a stack: imported modules stay imported. The steps are those of pulumi/pulumi's
``sdk/python/cmd/pulumi-language-python-exec``, against :class:`.monitor.ReviewMonitor` instead of an engine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.mocks import MockSettings
from pulumi.runtime.settings import configure, set_root_resource

from mlplatform.review.engine.messages import ReviewEngine
from mlplatform.review.engine.monitor import ReviewMonitor
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.parse_resource import parse_resource, state_of

if TYPE_CHECKING:
    from mlplatform.review.state.resources import StackState


def main() -> int:
    """Answer the request on standard input; the file named by the argument holds the state or the error."""
    target = Path(sys.argv[1])
    request = json.loads(sys.stdin.read())
    # Whatever the program prints belongs to the log, wherever it prints it.
    os.dup2(2, 1)
    target.write_text(json.dumps(answer(request)), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    return 0


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the program of a request.

    Args:
        request: ``project``, ``stack``, ``organization``, ``config`` (full key -> text), ``secret_keys``,
            ``root_directory`` and ``program`` (a folder with a ``__main__.py``, or a file); perhaps ``known``, the
            last known state as an export.

    Returns:
        ``messages`` and either ``document`` (an export) or ``error``; no secret is in any of them.

    """
    engine = ReviewEngine()
    result: dict[str, Any] = {}
    try:
        monitor = ReviewMonitor(
            project=request["project"],
            stack=request["stack"],
            config=request["config"],
            secret_keys=request["secret_keys"],
            known=_known(request),
        )
        run(request, monitor, engine)
        result["document"] = export_document(monitor.state())
    except BaseException as error:  # noqa: BLE001 - a program may raise anything, SystemExit too
        result["error"] = _described(error, Path(request["program"]))
    return result | {"messages": [vars(message) for message in engine.messages]}


def _known(request: dict[str, Any]) -> StackState | None:
    known = request.get("known")
    return state_of([parse_resource(item) for item in known["deployment"]["resources"]]) if known else None


def run(request: dict[str, Any], monitor: ReviewMonitor, engine: ReviewEngine) -> None:
    """Run the program of a request in this process, as a preview against this monitor.

    The current folder, ``sys.argv`` and ``sys.path`` are the program's afterwards.

    Args:
        request: see :func:`answer`.
        monitor: is told of every resource.
        engine: is told of every line of the log.

    Raises:
        BaseException: whatever the program or the monitor raises.

    """
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)  # type: ignore[no-untyped-call] # the SDK's
    configure(
        MockSettings(  # type: ignore[no-untyped-call] # the SDK's
            monitor=monitor,
            monitor_features=features,
            engine=engine,
            project=request["project"],
            stack=request["stack"],
            organization=request["organization"],
            root_directory=request["root_directory"],
            dry_run=True,
            callbacks=None,
            # Of this run only: what an earlier one left undone in the same process would never end.
            outputs=set(),
            lock=threading.Lock(),
        )
    )
    pulumi.runtime.set_all_config(request["config"], request["secret_keys"])
    set_root_resource(None)  # type: ignore[arg-type] # None is what the variable starts with
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    program = request["program"]
    sys.argv = [program]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except SystemExit as error:
        # As in the engine: a program may end early, if it says so without an error.
        if error.code not in (None, 0):
            raise
    finally:
        loop.close()


def _described(error: BaseException, program: Path) -> dict[str, Any]:
    """Return an error as data: problems stay problems, a ``RunError`` is its message, anything else a traceback."""
    problems = getattr(error, "problems", None)
    if isinstance(error, pulumi.RunError) and problems:
        fields = ("file", "key", "message", "place")
        return {"problems": [{name: str(getattr(problem, name, "")) for name in fields} for problem in problems]}
    if isinstance(error, pulumi.RunError):
        return {"message": str(error)}
    if isinstance(error, SystemExit):
        return {"message": f"the program ended itself: sys.exit({error.code!r})"}
    return {"message": "the program failed with an unhandled exception:\n" + _own_traceback(error, program)}


def _own_traceback(error: BaseException, program: Path) -> str:
    """Return the traceback through the program's own files, relative to it; the SDK's and Python's frames are noise."""
    folder = program if program.is_dir() else program.parent
    lines = []
    for cause in (error.__cause__, error):
        if cause is None:
            continue
        for frame in traceback.extract_tb(cause.__traceback__):
            path = Path(frame.filename)
            if path.is_relative_to(folder) and "site-packages" not in path.parts and frame.filename != __file__:
                line = f"  {path.relative_to(folder)}:{frame.lineno} in {frame.name}\n    {frame.line}"
                if line not in lines:
                    lines.append(line)
    text = "".join(traceback.format_exception_only(error)).rstrip()
    return "\n".join([*lines, text]).replace(f"{folder}/", "")


if __name__ == "__main__":
    sys.exit(main())
