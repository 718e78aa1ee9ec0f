"""The commands that bring a stack up on the sandbox with the real Pulumi engine, and take it down again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlplatform.cli import registry_commands
from mlplatform.cli.engine import tools
from mlplatform.cli.engine_commands import missing_tools
from mlplatform.cli.errors import ending_with_problems
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.local_stack import LocalStack
from mlplatform.cli.output import note
from mlplatform.cli.project import project_folder, stack_name
from mlplatform.config.load import check_stack_file
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.stack_file import stack_file_name

if TYPE_CHECKING:
    from collections.abc import Callable

# Of the sandbox, as a stack file names it.
SANDBOX_KUBECONFIG = ".mlplatform/sandbox/kubeconfig"

app = typer.Typer(help="A whole stack on this machine: the sandbox as cluster, the real Pulumi engine, state in here.")
Stack = Annotated[
    str, typer.Argument(help="Name of a stack whose cluster is the sandbox.", metavar="STACK", parser=stack_name)
]


@app.command()
def up(stack: Stack = "dev") -> None:
    """Start the sandbox and the embedded registry, and provision the stack."""
    _run(stack, lambda project: LocalStack(project, stack).up())


@app.command()
def down(stack: Stack = "dev") -> None:
    """Delete everything that the stack provisioned, then the sandbox; the registry stays."""

    def destroy(project: Path) -> bool:
        from mlplatform.sandbox.control_plane import lifecycle  # noqa: PLC0415 - half a second of imports that no other command shall wait for

        done = LocalStack(project, stack).destroy()
        if done:
            # What would be left of a failed deletion is still to be looked at.
            lifecycle.down(lifecycle.folder(project), report=note, purge=True)
        return done

    _run(stack, destroy)


def _run(stack: str, action: Callable[[Path], bool]) -> None:
    if missing := missing_tools(tools()):
        note(missing)
        raise typer.Exit(ExitCode.ERROR)
    from mlplatform.sandbox.control_plane import lifecycle  # noqa: PLC0415 - see above

    project = project_folder()
    with ending_with_problems():
        _refuse_other_clusters(project, stack)
        registry_commands.start_if_embedded(project, stack)
        lifecycle.up(lifecycle.folder(project), report=note)
        done = action(project)
    if not done:
        note(LocalStack(project, stack).recovery())
        raise typer.Exit(ExitCode.ERROR)


def _refuse_other_clusters(project: Path, stack: str) -> None:
    """Refuse a stack that is not on the sandbox: its state belongs in its own backend, not in this checkout."""
    cluster = check_stack_file(project, stack).cluster
    if cluster.kind != "existing" or cluster.kubeconfig != SANDBOX_KUBECONFIG:
        key = "cluster.kubeconfig" if cluster.kind == "existing" else "cluster.kind"
        message = f"is not the sandbox's ({SANDBOX_KUBECONFIG}); provision this stack with: pulumi up --stack {stack}"
        raise ProblemsError([Problem(file=stack_file_name(stack), key=key, message=message)])
