"""The commands of the embedded registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlplatform.cli.errors import ending_with_problems
from mlplatform.cli.output import note
from mlplatform.cli.project import project_folder
from mlplatform.config.addresses import EMBEDDED_URI
from mlplatform.config.load import check_stack_file
from mlplatform.registry import embedded
from mlplatform.registry.embedded import registry_folder

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(help="The embedded registry: a real MLflow server with really trained sample models.")
UriOption = Annotated[str, typer.Option("--uri", help="Where it listens; 127.0.0.1 only.")]


@app.command()
def up(uri: UriOption = EMBEDDED_URI) -> None:
    """Start the server if nothing answers yet; a fresh registry gets the sample models, the same on every machine."""
    _run(lambda root: embedded.up(root, uri, report=note))


@app.command()
def seed(uri: UriOption = EMBEDDED_URI) -> None:
    """Put the sample models into the running registry, if it holds nothing yet."""
    _run(lambda root: embedded.seed(root, uri, report=note))


@app.command()
def down(
    purge: Annotated[bool, typer.Option("--purge", help="Remove all its models, too, also your own.")] = False,
) -> None:
    """Stop the server; its models are there again after the next start."""
    _run(lambda root: embedded.down(root, report=note, purge=purge))


def start_if_embedded(project: Path, stack: str) -> None:
    """Start the embedded registry when a stack uses it and nothing answers there.

    Only for the embedded registry's own address: a dead server anywhere else is an error of that stack.
    """
    registry = check_stack_file(project, stack).registry
    if registry.is_embedded:
        embedded.up(registry_folder(project), registry.uri, report=note, required=registry.embedded is True)


def _run(action: Callable[[Path], object]) -> None:
    with ending_with_problems():
        action(registry_folder(project_folder()))
