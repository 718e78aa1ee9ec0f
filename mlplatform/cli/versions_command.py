"""The command that lists what is third-party: version, supported Kubernetes, end of support, known holes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from mlplatform.cli.errors import ending_with_problems
from mlplatform.cli.output import Format, note
from mlplatform.cli.project import complete_stack, project_folder, stack_name
from mlplatform.cli.table import print_table
from mlplatform.config.clock import today
from mlplatform.config.load import check_stack_file
from mlplatform.config.third_party import Component, components_of_row, components_of_stack
from mlplatform.config.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SCHEMA_VERSION = 1
_NONE = "-"
_STYLES = {"supported": "", "ending": "yellow", "ended": "red"}


def versions(
    stack: Annotated[
        str | None,
        typer.Argument(
            help="Name of a stack: what it runs; without, everything of a row of versions.",
            metavar="[STACK]",
            autocompletion=complete_stack,
            parser=stack_name,
        ),
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(
            help="Row of mlplatform/config/versions.yaml; by default the stack's or the newest.", metavar="ROW"
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the table.")] = Format.TEXT,
) -> None:
    """List what is third-party: pinned version, supported Kubernetes, end of support, known advisories."""
    with ending_with_problems():
        if stack is None:
            name, components = _of_row(row)
        else:
            name, components = _of_stack(stack, row)
        day = today()
    if form is Format.JSON:
        document = _document(stack, name, components, day)
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    _print_text(components, day)
    of = f"What {stack} runs, at" if stack else "Everything of"
    note(f"{of} row {name} of mlplatform/config/versions.yaml, where the source of each date is; today is {day}.")


def _of_row(row: str | None) -> tuple[str, tuple[Component, ...]]:
    chosen = version_row(row)
    return chosen.name, components_of_row(chosen)


def _of_stack(stack: str, row: str | None) -> tuple[str, tuple[Component, ...]]:
    settings = check_stack_file(project_folder(), stack)
    chosen = version_row(row or settings.versions)
    return chosen.name, components_of_stack(settings, chosen)


def _print_text(components: Sequence[Component], day: date) -> None:
    console = Console(highlight=False)
    header = ("Component", "Pinned", "Kubernetes", "Support ends", "Advisories")
    lines = [
        (
            component.name,
            component.pinned or _NONE,
            component.kubernetes or _NONE,
            _ends(component, day),
            ", ".join(advisory.name for advisory in component.advisories) or _NONE,
        )
        for component in components
    ]
    print_table(console, header, lines, [_STYLES[_phase(component, day)] for component in components])
    for component in components:
        for advisory in component.advisories:
            console.print(f"{component.name}: {advisory.words(component.version)}", soft_wrap=True)


def _ends(component: Component, day: date) -> str:
    words = {"supported": "", "ending": "ends soon: ", "ended": "ENDED: "}
    return f"{words[_phase(component, day)]}{component.support_words}"


def _phase(component: Component, day: date) -> str:
    return component.support.phase(day) if component.support else "supported"


def _document(stack: str | None, row: str, components: Sequence[Component], day: date) -> dict[str, Any]:
    """Return what ``versions.schema.json`` describes."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack,
        "row": row,
        "today": day.isoformat(),
        "components": [_item(component, day) for component in components],
    }


def _item(component: Component, day: date) -> dict[str, Any]:
    support = component.support
    return {
        "component": component.name,
        "pinned": component.pinned or None,
        "kubernetes": component.kubernetes,
        "support": {
            "phase": support.phase(day),
            "ends": support.ends.isoformat() if support.ends else None,
            "expected": support.expected,
            "until": support.until,
            "note": support.note,
            "source": support.source,
        }
        if support
        else None,
        "advisories": [
            {
                "name": advisory.name,
                "severity": advisory.severity,
                "title": advisory.title,
                "mendedIn": advisory.mended_for(component.version),
                "source": advisory.source,
            }
            for advisory in component.advisories
        ],
    }
