"""The commands of the sandbox."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlplatform.cli.errors import ending_with_problems
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import note
from mlplatform.cli.project import project_folder

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(help="The sandbox: a real Kubernetes control plane as local processes, without containers.")


@app.command()
def up(
    admission_webhooks: Annotated[
        bool,
        typer.Option(
            "--admission-webhooks", help="Let the API server ask admission webhooks; nobody answers them here."
        ),
    ] = False,
    crds: Annotated[
        bool, typer.Option("--crds/--no-crds", help="Load the catalogue of CustomResourceDefinitions, too.")
    ] = False,
) -> None:
    """Start it unless it runs; the first time its programs are downloaded or built."""

    def action(root: Path) -> None:
        # Half a second of imports that no other command shall wait for; the same below.
        from mlplatform.sandbox.control_plane import lifecycle  # noqa: PLC0415
        from mlplatform.sandbox.control_plane.api import Api  # noqa: PLC0415
        from mlplatform.sandbox.control_plane.load_crds import load_crds  # noqa: PLC0415

        kubeconfig = lifecycle.up(root, report=note, admission_webhooks=admission_webhooks)
        if crds:
            for missing in load_crds(Api(kubeconfig), report=note):
                note(f"warning: not loaded: {missing}")

    _run(action)


@app.command()
def down(
    purge: Annotated[bool, typer.Option("--purge", help="Remove everything it holds, too.")] = False,
) -> None:
    """Stop it; what it holds is there again after the next start."""

    def action(root: Path) -> None:
        from mlplatform.sandbox.control_plane import lifecycle  # noqa: PLC0415

        lifecycle.down(root, report=note, purge=purge)

    _run(action)


@app.command()
def programs() -> None:
    """Get its programs, downloading or building what is missing, and start nothing."""

    def action(_root: Path) -> None:
        from mlplatform.sandbox.problems import problem  # noqa: PLC0415
        from mlplatform.sandbox.toolchain.binaries import NoBinariesError, find_binaries  # noqa: PLC0415

        try:
            paths = find_binaries(note)
        except NoBinariesError as error:
            raise problem(str(error)) from None
        for component, program in paths.items():
            typer.echo(f"{component:<24} {program}")

    _run(action)


@app.command()
def status() -> None:
    """Say whether it runs; ends with 1 when it does not."""

    def action(root: Path) -> None:
        from mlplatform.sandbox.control_plane import lifecycle  # noqa: PLC0415

        state = lifecycle.status(root)
        for process in state.processes:
            ended = "  ended without being stopped" if process.name in state.dead else ""
            typer.echo(f"{process.name:<24} process {process.pid}{ended}")
        if not state.running:
            typer.echo("The sandbox is not running. Start it with: mlplatform sandbox up")
            raise typer.Exit(ExitCode.ERROR)
        webhooks = "on" if state.admission_webhooks else "off"
        typer.echo(f"The sandbox is running, admission webhooks are {webhooks}; kubeconfig: {state.kubeconfig}")

    _run(action)


def _run(action: Callable[[Path], None]) -> None:
    # So that a start that is cut off stops what it started: a plain end by this signal would leave it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.ERROR))
    with ending_with_problems():
        action(project_folder() / ".mlplatform" / "sandbox")
