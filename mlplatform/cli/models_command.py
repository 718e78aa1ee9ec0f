"""The command that shows a stack's models: configured, registered, locked and deployed, and what is apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from mlplatform.cli.baseline import baseline_path, last_known
from mlplatform.cli.deployed import deployed_facts
from mlplatform.cli.errors import EXPECTED, in_their_files, problems_of
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import Format, note, print_problems
from mlplatform.cli.project import StackArgument, project_folder
from mlplatform.cli.table import print_table
from mlplatform.config.load import check_stack_file
from mlplatform.config.problems import ProblemsError
from mlplatform.config.stack_file import stack_file_name
from mlplatform.registry.embedded import foreign_notices
from mlplatform.registry.lock.drift import Deployed, Known, ModelRow, model_rows
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.resolve.current import current_versions
from mlplatform.registry.resolve.references import model_references

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.config import Settings
    from mlplatform.config.problems import Problem


SCHEMA_VERSION = 1
_NONE, _UNKNOWN, _NOT_DEPLOYED = "-", "?", "not deployed"


def models(
    stack: StackArgument,
    against: Annotated[
        Path | None,
        typer.Option(help="What is deployed: a `pulumi stack export`.", metavar="FILE"),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the table.")] = Format.TEXT,
    differences_matter: Annotated[bool, typer.Option("--exit-code", help="End with 3 when anything is apart.")] = False,
) -> None:
    """Show each model of the stack as it is configured, registered, locked and deployed, and what is apart."""
    rows: tuple[ModelRow, ...] = ()
    errors: tuple[Problem, ...] = ()
    mode, source, registry_known = "", None, False
    try:
        project = project_folder()
        settings = check_stack_file(project, stack)
        for notice in foreign_notices(project, settings.registry):
            note(notice)
        mode = settings.registry.mode
        source, deployed = _deployed(project, stack, against)
        registry, errors = _registry(settings, stack_file_name(stack))
        registry_known = registry is not None
        locks = LockFolder(project=project, stack=stack).read()
        known = Known(locks=locks, registry=registry, deployed=deployed)
        rows = model_rows(settings.models, known, stack=stack, locked=mode == "locked")
    except EXPECTED as error:
        errors = problems_of(error)
    errors = in_their_files(errors)
    if form is Format.JSON:
        _print_json(_document(stack, mode, source, rows, errors))
    else:
        _print_text(rows, registry_known=registry_known, deployed_known=source is not None)
        if mode:
            note(_deployed_words(stack, source, against) if rows else f"{stack} has no models.")
        print_problems(errors)
    if errors:
        raise typer.Exit(ExitCode.ERROR)
    if differences_matter and any(row.drift for row in rows):
        raise typer.Exit(ExitCode.DIFFERENCES)


def _registry(settings: Settings, file: str) -> tuple[dict[str, str | None] | None, tuple[Problem, ...]]:
    """Return deployment -> version, or ``None`` and why the registry does not tell."""
    try:
        return current_versions(model_references(settings.models, file=file), settings.registry), ()
    except ProblemsError as error:
        return None, error.problems


def _deployed(project: Path, stack: str, against: Path | None) -> tuple[str | None, dict[str, Deployed] | None]:
    """Return where it is known from what is deployed, and deployment -> what that is; a plan does not tell."""
    state = last_known(project, stack, against)
    if state is None or not state.deployed:
        return None, None
    source = against or baseline_path(project, stack).relative_to(project)
    deployments = {
        name: Deployed(
            registered_model=_text(facts.get("registeredModel")),
            version=_text(facts.get("version")),
            digest=_text(facts.get("digest")),
            runtime=_text(facts.get("runtime")),
        )
        for name, facts in deployed_facts(state).items()
    }
    return str(source), deployments


def _deployed_words(stack: str, source: str | None, against: Path | None) -> str:
    if source:
        return f"Deployed: as in {source}."
    plan = f"{against} is a plan and no state of an engine; " if against else ""
    return (
        f"Deployed: {plan}nothing of {stack} is known to be, and an update brings up all of it; what is there, a "
        "`pulumi stack export` tells (--against)."
    )


def _runtime(row: ModelRow) -> str | None:
    if row.model:
        return row.model.effective_runtime
    return row.deployed.runtime if row.deployed else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _print_text(rows: Iterable[ModelRow], *, registry_known: bool, deployed_known: bool) -> None:
    header = ("Deployment", "Model", "Configured", "Registry", "Locked", "Deployed", "Runtime", "Drift")
    lines = [_line(row, registry_known=registry_known, deployed_known=deployed_known) for row in rows]
    if lines:
        styles = ["yellow" if row.drift else "" for row in rows]
        print_table(Console(highlight=False), header, lines, styles)


def _line(row: ModelRow, *, registry_known: bool, deployed_known: bool) -> tuple[str, ...]:
    model, lock, deployed = row.model, row.lock, row.deployed
    registered = model.registered_model if model else _registered_model(row)
    registry = (row.registry or _NONE) if registry_known or model is None else _UNKNOWN
    words = "; ".join(map(str, row.drift)) or ("in sync" if registry_known else _UNKNOWN)
    return (
        row.deployment,
        registered or _NONE,
        ((f"@{model.alias}" if model.alias else f"version {model.version}") if model else _NONE),
        registry,
        lock.version.version if lock else _NONE,
        (deployed.version or _UNKNOWN) if deployed else _NONE if deployed_known else _NOT_DEPLOYED,
        _runtime(row) or _NONE,
        words,
    )


def _registered_model(row: ModelRow) -> str | None:
    if row.lock:
        return row.lock.version.registered_model
    return row.deployed.registered_model if row.deployed else None


def _document(
    stack: str, mode: str, source: str | None, rows: Iterable[ModelRow], errors: Iterable[Problem]
) -> dict[str, Any]:
    """Return what ``models.schema.json`` describes."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack,
        "mode": mode or None,
        "deployedFrom": source,
        "models": [_item(row) for row in rows],
        "errors": [{"file": item.file, "key": item.key, "message": item.text} for item in errors],
    }


def _item(row: ModelRow) -> dict[str, Any]:
    model, lock, deployed = row.model, row.lock, row.deployed
    return {
        "deployment": row.deployment,
        "registeredModel": model.registered_model if model else _registered_model(row),
        "configured": {"alias": model.alias, "version": model.version} if model else None,
        "registry": row.registry,
        "locked": {
            "registeredModel": lock.version.registered_model,
            "alias": lock.version.alias,
            "version": lock.version.version,
            "digest": lock.version.digest,
        }
        if lock
        else None,
        "deployed": {
            "registeredModel": deployed.registered_model,
            "version": deployed.version,
            "digest": deployed.digest,
        }
        if deployed
        else None,
        "runtime": _runtime(row),
        "drift": [{"code": item.code, "message": item.message, "command": item.command} for item in row.drift],
    }


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
