"""The project that a command is about: the nearest folder upwards that holds a ``Pulumi.yaml``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.stack_file import PROJECT_FILE, stack_names


def project_folder() -> Path:
    """Return the project of the current folder: this one, or the nearest above it, as ``pulumi`` and ``git`` look.

    Raises:
        ProblemsError: neither this folder nor one above it holds a project.

    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    message = f"neither {here} nor a folder above it holds one; change to your checkout of the platform"
    raise ProblemsError([Problem(file=PROJECT_FILE, key="", message=message)])


def from_here(path: Path) -> str:
    """Return a path as it is written from the current folder."""
    return os.path.relpath(path)


def complete_stack(incomplete: str) -> list[str]:
    """Return the project's stacks that begin with what was typed; none outside of a project."""
    try:
        return [name for name in stack_names(project_folder()) if name.startswith(incomplete)]
    except ProblemsError:
        return []


def stack_name(written: str) -> str:
    """Return the stack that somebody named: ``dev``, or by its file, ``Pulumi.dev.yaml``, in whatever folder."""
    file = re.fullmatch(r"(?:.*/)?Pulumi\.(.+)\.ya?ml", written)
    return file.group(1) if file else written


StackArgument = Annotated[
    str,
    typer.Argument(
        help="Name of the stack, as in Pulumi.<stack>.yaml.",
        metavar="STACK",
        autocompletion=complete_stack,
        parser=stack_name,
    ),
]
