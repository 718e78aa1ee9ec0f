"""The command that shows a stack's objects to a real API server."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from mlplatform.cli.baseline import program_variables
from mlplatform.cli.errors import EXPECTED, problems_of
from mlplatform.cli.exit_codes import ExitCode
from mlplatform.cli.output import Format, note, print_problems
from mlplatform.cli.project import StackArgument, project_folder
from mlplatform.review.engine.program import run_program

if TYPE_CHECKING:
    from mlplatform.config.problems import Problem
    from mlplatform.sandbox.validation.stack_validation import Validation

_STYLES = {"error": "red", "warning": "yellow", "unchecked": "cyan"}


def validate(
    stack: StackArgument,
    context: Annotated[
        str | None,
        typer.Option(help="Ask the cluster of this kubeconfig context instead of a sandbox.", metavar="NAME"),
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="The kubeconfig file of that context.", metavar="FILE")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.TEXT,
) -> None:
    """Show every Kubernetes object of the stack to a real API server, which keeps none (server-side dry run).

    Asked is the running sandbox, else one made for the purpose; with NAME or FILE another cluster, where nothing is
    created.
    """
    # So that what was started for the purpose is stopped: a plain end by this signal would leave it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.ERROR))
    try:
        result = _validate(stack, context, kubeconfig)
    except EXPECTED as error:
        problems = problems_of(error)
        if form is Format.JSON:
            _print_json(_failure(stack, problems))
        else:
            print_problems(problems)
        raise typer.Exit(ExitCode.ERROR) from None
    if form is Format.JSON:
        _print_json(result.document())
    else:
        _print_text(result)
    if any(finding.severity == "error" for finding in result.findings):
        raise typer.Exit(ExitCode.ERROR)


def _validate(stack: str, context: str | None, kubeconfig: Path | None) -> Validation:
    # Half a second of imports that no other command shall wait for.
    from mlplatform.sandbox.validation.stack_validation import Server, validate_stack  # noqa: PLC0415

    project = project_folder()
    result = run_program(project, stack, env=program_variables(project, stack, None))
    if result.log:
        note(result.log.rstrip())
    for message in result.messages:
        note(f"{message.severity}: {message.text}")
    server = Server(kubeconfig=kubeconfig, context=context) if context or kubeconfig else None
    return validate_stack(result.state, project, server=server, report=note)


def _failure(stack: str, problems: tuple[Problem, ...]) -> dict[str, object]:
    from mlplatform.sandbox.validation.stack_validation import SCHEMA_VERSION  # noqa: PLC0415 - see above

    errors = [{"file": problem.file, "key": problem.key, "message": problem.message} for problem in problems]
    return {
        "schemaVersion": SCHEMA_VERSION, "stack": stack, "server": "", "kubernetes": "", "objects": 0, "rendered": 0,
        "findings": [], "notRendered": [], "errors": errors,
    }  # fmt: skip


def _print_json(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _print_text(result: Validation) -> None:
    console = Console(highlight=False)
    for finding in result.findings:
        console.print(Text(str(finding), style=_STYLES[finding.severity]), soft_wrap=True)
    for item in result.not_rendered:
        console.print(Text(f"not rendered: release {item.name}: {item.reason}", style="cyan"), soft_wrap=True)
    rendered = f" and {result.rendered} of Helm releases" if result.rendered else ""
    counts = {
        "errors": sum(finding.severity == "error" for finding in result.findings),
        "warnings": sum(finding.severity == "warning" for finding in result.findings),
        "not checked": sum(finding.severity == "unchecked" for finding in result.findings),
        "releases not rendered": len(result.not_rendered),
    }
    summary = ", ".join(f"{number} {words}" for words, number in counts.items() if number) or "nothing found"
    console.print(
        Text(f"Validated {result.objects} objects of '{result.stack}'{rendered} against {result.server} "
             f"(Kubernetes {result.kubernetes}): {summary}."),
        soft_wrap=True,
    )  # fmt: skip
