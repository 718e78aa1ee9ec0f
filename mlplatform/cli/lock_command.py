"""The command that resolves models and writes their locks."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mlplatform.cli.errors import ending_with_problems, in_their_files
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.lock_progress import lock_progress
from mlplatform.cli.output import note, print_problems
from mlplatform.cli.project import StackArgument, project_folder
from mlplatform.cli.table import print_table
from mlplatform.config.load import check_stack_file
from mlplatform.config.stack_file import stack_file_name
from mlplatform.registry.embedded import foreign_notices
from mlplatform.review.render.numbers import size

if TYPE_CHECKING:
    from mlplatform.registry.lock.locking import LockOutcome, LockResult

_DIGEST_SHOWN = len("sha256:") + 8


def lock(
    stack: StackArgument,
    models: Annotated[
        list[str] | None, typer.Argument(help="Names of deployments; none: all of the stack.", metavar="[MODEL]...")
    ] = None,
) -> None:
    """Resolve models, release their bytes and write locks/STACK/MODEL.yaml, to be reviewed and committed.

    Stopped anywhere, it goes on where it stopped when it is called again; a lock never refers to half a release.
    """
    # Imported here: what locking needs is nothing that other commands should wait for.
    from mlplatform.registry.lock.folder import LockFolder  # noqa: PLC0415
    from mlplatform.registry.lock.locking import Locking  # noqa: PLC0415

    signal.signal(signal.SIGINT, _stop)
    with ending_with_problems():
        project = project_folder()
        settings = check_stack_file(project, stack)
        for notice in foreign_notices(project, settings.registry):
            note(notice)
        with lock_progress(sys.stderr) as progress:
            outcome = Locking(
                settings=settings,
                folder=LockFolder(project=project, stack=stack),
                file=stack_file_name(stack),
                progress=progress,
            ).run(models or ())
    _show(stack, outcome)
    if outcome.problems:
        print_problems(in_their_files(outcome.problems))
        note(f"Not locked: {', '.join(outcome.unlocked)}. What is locked stays; then run: "
             f"mlplatform lock {stack} {' '.join(outcome.unlocked)}")  # fmt: skip
        raise typer.Exit(ExitCode.ERROR)


def _stop(*_signal: object) -> None:
    """End at once: downloads under way need not be waited for, since any moment is a good one to stop at."""
    note("\nStopped. What is locked stays; run the same command again to go on.")
    os._exit(ExitCode.ERROR)


def _show(stack: str, outcome: LockOutcome) -> None:
    if not outcome.results:
        if not outcome.problems:
            note(f"{stack} has no models: nothing to lock.")
        return
    print_table(
        Console(highlight=False),
        ("Deployment", "Model", "Version", "Lock", "Digest", "Files", "Size"),
        [_row(result) for result in outcome.results],
    )
    if any(result.written for result in outcome.results):
        note(f"Review and commit locks/{stack}.")


def _row(result: LockResult) -> tuple[str, ...]:
    entry = result.new or result.old
    if entry is None:
        return (result.deployment, "", "", "removed", "", "", "")
    version = entry.version
    if result.new is None:
        what, number = "removed", f"{version.version} -> none"
    elif result.old is None:
        what, number = "new", f"new -> {version.version}"
    else:
        before = result.old.version.version
        what = "updated" if result.written else "unchanged"
        number = version.version if before == version.version else f"{before} -> {version.version}"
    return (
        result.deployment,
        version.registered_model,
        number,
        what,
        (version.digest or "")[:_DIGEST_SHOWN],
        str(len(entry.files)),
        size(version.size) or "",
    )
