"""The commands of the embedded registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from mlplatform.cli.errors import ending_with_problems
from mlplatform.cli.output import note
from mlplatform.cli.project import project_folder
from mlplatform.config.load import check_stack_file
from mlplatform.registry import embedded
from mlplatform.registry.local_address import is_local

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_URI = "http://127.0.0.1:5500"

app = typer.Typer(help="The embedded registry: a real MLflow server with really trained sample models.")
UriOption = Annotated[str, typer.Option("--uri", help="Where it listens; 127.0.0.1 only.")]


@app.command()
def up(uri: UriOption = DEFAULT_URI) -> None:
    """Start the server if nothing answers yet; a fresh registry gets the sample models, the same on every machine."""
    _run(lambda root: _start(root, uri))


@app.command()
def seed(uri: UriOption = DEFAULT_URI) -> None:
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
    uri = check_stack_file(project, stack).registry.uri
    if urlsplit(uri).port == urlsplit(DEFAULT_URI).port and is_local(uri):
        _start(_root(project), DEFAULT_URI)


def _start(root: Path, uri: str) -> None:
    embedded.up(root, uri, report=note)


def _root(project: Path) -> Path:
    return project / ".mlplatform" / "registry"


def _run(action: Callable[[Path], object]) -> None:
    with ending_with_problems():
        action(_root(project_folder()))
