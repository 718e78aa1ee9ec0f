"""The commands that read a stack: preview, diff, check, synth and graph."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlplatform.cli import registry_commands
from mlplatform.cli.baseline import baseline_path, last_known, program_variables, record_baseline
from mlplatform.cli.errors import EXPECTED, ending_with_problems, problems_of
from mlplatform.cli.exit_codes import ExitCode, exit_code
from mlplatform.cli.output import ReportFormat, note, print_report
from mlplatform.cli.project import StackArgument, from_here, project_folder
from mlplatform.cli.verification import Verify, verification
from mlplatform.review.diff.plan import plan_between, read_input
from mlplatform.review.engine.program import run_program
from mlplatform.review.render.mermaid import render_mermaid
from mlplatform.review.report import Report, compare, failure, report_of
from mlplatform.review.state.manifests import write_manifests
from mlplatform.review.state.state_file import write_state
from mlplatform.review.verification import log_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlplatform.review.state.resources import StackState

FormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="Form of the report; markdown is for a comment on GitHub.")
]
ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="End with 3 when there are differences, as git diff does.")
]


def preview(
    stack: StackArgument,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Last known state: a `pulumi stack export` or an earlier synth's stack.json.", metavar="FILE"
        ),
    ] = None,
    form: FormatOption = ReportFormat.TEXT,
    differences_matter: ExitCodeOption = False,
    record: Annotated[
        bool, typer.Option("--baseline", help="Record this preview as last known state when there is none yet.")
    ] = False,
    start_registry: Annotated[
        bool, typer.Option("--start-registry", help="Start the embedded registry if the stack uses it.")
    ] = False,
    verify: Annotated[
        Verify,
        typer.Option(
            help="Whose released files to read and hash, whatever the store's checksums say: those that changed (all, "
            "where there is no last known state), all (full), or none (checksums)."
        ),
    ] = Verify.CHANGED,
) -> None:
    """Show what the stack would provision and which model versions it would serve.

    Compared with FILE, else with the recorded last known state, else with nothing: then everything is new.
    """

    def plan() -> Report:
        project = project_folder()
        if start_registry:
            registry_commands.start_if_embedded(project, stack)
        old = last_known(project, stack, against)
        variables = verification(project, stack, old, verify)
        state = _desired(project, stack, variables, known=old, as_text=form is ReportFormat.TEXT)
        report = compare(old, state)
        if old is None:
            if record and not report.refused:
                record_baseline(project, state)
                note(f"Recorded this preview as last known state: {from_here(baseline_path(project, stack))}")
        elif not against:
            note(f"Compared with the recorded preview {from_here(baseline_path(project, stack))}.")
        return report

    command = f"preview {stack}" + (f" --against {against}" if against else "")
    _finish(stack, plan, form, command=command, differences_matter=differences_matter)


def check(stack: StackArgument, form: FormatOption = ReportFormat.TEXT) -> None:
    """Judge the stack by the policy pack alone, and list every rule with its verdict."""

    def plan() -> Report:
        state = _desired(project_folder(), stack, as_text=form is ReportFormat.TEXT)
        return compare(None, state).of_policies()

    _finish(stack, plan, form, command=f"check {stack}")


def diff(
    old: Annotated[
        Path,
        typer.Argument(
            help="State to come from: a `pulumi stack export`, a synth's stack.json, or a `pulumi preview --json` "
            "made with --show-sames."
        ),
    ],
    new: Annotated[
        Path | None,
        typer.Argument(help="State to go to, likewise; what a preview does not mention stays as it is in OLD."),
    ] = None,
    form: FormatOption = ReportFormat.TEXT,
    differences_matter: ExitCodeOption = False,
) -> None:
    """Show the same report between two files; of a `pulumi preview --json` alone, before against after."""

    def plan() -> Report:
        return report_of(plan_between(*map(read_input, filter(None, (old, new)))))

    command = " ".join(["diff", *map(str, filter(None, (old, new)))])
    _finish((new or old).name, plan, form, command=command, differences_matter=differences_matter)


def graph(
    stack: StackArgument,
    against: Annotated[
        Path | None, typer.Option(help="Last known state, to colour what changes.", metavar="FILE")
    ] = None,
) -> None:
    """Print the stack's components and models as a Mermaid graph, which GitHub draws."""
    with ending_with_problems():
        project = project_folder()
        old = last_known(project, stack, against)
        sys.stdout.write(render_mermaid(compare(old, _desired(project, stack, known=old))))


def synth(
    stack: StackArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.", metavar="DIR")],
) -> None:
    """Write the desired state: stack.json (the format of a stack export) and manifests/, one object a file."""
    with ending_with_problems():
        state = _desired(project_folder(), stack)
        output.mkdir(parents=True, exist_ok=True)
        # First what may refuse: a folder of manifests that was not written here is not replaced.
        count = len(write_manifests(state, output))
        write_state(state, output / "stack.json")
    typer.echo(f"Wrote {output / 'stack.json'} ({len(state.resources)} resources) and {count} manifests.")


def _desired(
    project: Path,
    stack: str,
    variables: Mapping[str, str] | None = None,
    *,
    known: StackState | None = None,
    as_text: bool = False,
) -> StackState:
    """Run the program, and pass on what it logs, without what a report ``as_text`` says anyway."""
    variables = {**program_variables(project, stack, known), **(variables or {})}
    result = run_program(project, stack, env=variables, known=known)
    if result.log:
        note(result.log.rstrip())
    reported = log_lines(result.state) if as_text else frozenset()
    for message in result.messages:
        if message.text in reported:
            continue
        note(f"{message.severity}: {message.text}")
    return result.state


def _finish(
    stack: str,
    plan: Callable[[], Report],
    form: ReportFormat,
    *,
    command: str,
    differences_matter: bool = False,
) -> None:
    try:
        report = plan()
    except EXPECTED as error:
        report = failure(stack, problems_of(error))
    print_report(report, form, command=f"mlplatform {command}")
    code = exit_code(report, differences_matter=differences_matter)
    if code is not ExitCode.FINE:
        raise typer.Exit(code)
