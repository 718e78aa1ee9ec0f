"""The command line: its commands in the order in which they are used, and how it ends."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mlplatform.cli import (
    engine_commands,
    local_commands,
    lock_command,
    models_command,
    registry_commands,
    sandbox_commands,
    settings_command,
    stack_commands,
    validate_command,
    versions_command,
)
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import note

NAME = "mlplatform"
_STACK, _MODELS, _MACHINE = "What a stack would do", "Which models it serves", "On this machine"

app = typer.Typer(name=NAME, no_args_is_help=True, pretty_exceptions_enable=False)
for command, panel in (
    (stack_commands.preview, _STACK),
    (stack_commands.diff, _STACK),
    (stack_commands.check, _STACK),
    (validate_command.validate, _STACK),
    (stack_commands.synth, _STACK),
    (stack_commands.graph, _STACK),
    (settings_command.settings, _STACK),
    (versions_command.versions, _STACK),
    (models_command.models, _MODELS),
    (lock_command.lock, _MODELS),
    (engine_commands.engine, _MACHINE),
):
    app.command(rich_help_panel=panel)(command)
for commands, name in (
    (registry_commands.app, "registry"),
    (sandbox_commands.app, "sandbox"),
    (local_commands.app, "local"),
):
    app.add_typer(commands, name=name, rich_help_panel=_MACHINE)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


@app.callback()
def every_command(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Preview, check and lock the stacks of this project, without engine, cluster or cloud.

    Works in any folder of the project. `pulumi` itself provisions: `pulumi up`.
    """


def main() -> None:
    """Run the command line; wrong usage ends with 64, so that 2 can mean a policy."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal may not know all characters; an escape says which one it would be.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(prog_name=NAME, standalone_mode=False)
    except TyperException as error:
        note(f"{error.format_message()}\nSay `{_command_of(error)} --help` for how to call it.")
        sys.exit(ExitCode.USAGE if error.exit_code != ExitCode.ERROR else ExitCode.ERROR)
    except typer.Abort:
        note("Stopped.")
        sys.exit(ExitCode.ERROR)
    sys.exit(code if isinstance(code, int) else ExitCode.FINE)


def _command_of(error: TyperException) -> str:
    """Return the command, down to its subcommand, whose call was wrong."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else NAME
