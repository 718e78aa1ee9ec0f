"""The command that writes what the settings are: a reference for people, a JSON Schema for editors."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer


class SettingsFormat(StrEnum):
    """Form of the reference."""

    MARKDOWN = "markdown"
    SCHEMA = "schema"


def settings(
    form: Annotated[
        SettingsFormat, typer.Option("--format", help="markdown: a reference; schema: a JSON Schema of stack files.")
    ] = SettingsFormat.MARKDOWN,
) -> None:
    """Print every setting of a stack file: key, type, default, meaning."""
    # What describes the settings is nothing that other commands should wait for.
    from mlplatform.config.reference import reference_markdown, stack_schema  # noqa: PLC0415

    if form is SettingsFormat.SCHEMA:
        sys.stdout.write(json.dumps(stack_schema(), indent=2) + "\n")
    else:
        sys.stdout.write(reference_markdown())
