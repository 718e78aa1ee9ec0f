"""The command that tells about the Pulumi engine on this machine."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from mlplatform.cli.engine import ON_AWS, PLUGINS, Tool, tools
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import note


def engine() -> None:
    """Tell which Pulumi CLI and plugins are there, and how to get the pinned ones.

    Ends with 1 where one is missing that every stack needs.
    """
    all_tools = tools({**PLUGINS, **ON_AWS})
    table = Table("Tool", "Pinned", "Here", box=None, pad_edge=False)
    for tool in all_tools:
        table.add_row(tool.name, tool.pinned, ", ".join(tool.found) or "-")
    Console(highlight=False).print(table)
    for tool in all_tools:
        if tool.name in ON_AWS and not tool.usable:
            note(f"For stacks on AWS also: {tool.install}")
    if missing := missing_tools(tuple(tool for tool in all_tools if tool.name not in ON_AWS)):
        note(missing)
        raise typer.Exit(ExitCode.ERROR)


def missing_tools(required: tuple[Tool, ...]) -> str:
    """Return what to do about tools that are missing, an empty text where none is."""
    missing = [tool for tool in required if not tool.usable]
    if not missing:
        return ""
    lines = [f"  {tool.install}" for tool in missing]
    return "\n".join(
        [
            "error: the Pulumi engine is not complete on this machine; get what is pinned:",
            *lines,
            "`make preview` needs none of it.",
        ]
    )
