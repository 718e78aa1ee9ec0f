"""What the command line prints of a report."""

import json

import pytest
from typer.testing import CliRunner

from mlplatform.cli import stack_commands
from mlplatform.cli.app import app
from mlplatform.cli.output import ReportFormat, print_report
from mlplatform.review.engine.messages import Message
from mlplatform.review.engine.program import ProgramResult
from mlplatform.review.report import compare
from tests.review.pairs import PAIRS, facts, served
from tests.review.states import state


@pytest.mark.parametrize("form", ReportFormat)
def test_half_a_surrogate_in_a_state_breaks_no_form(form, capsys):
    print_report(compare(None, state(served(facts(createdBy="a\ud800")))), form, command="mlplatform preview dev")
    printed = capsys.readouterr().out
    assert printed.encode("utf-8")
    assert "ud800" in printed
    if form is ReportFormat.JSON:
        assert json.loads(printed)["models"][0]["variants"][0]["after"]["createdBy"] == "a\ud800"


def test_markdown_says_which_command_shows_all(capsys):
    print_report(compare(*PAIRS["three-hundred"]), ReportFormat.MARKDOWN, command="mlplatform preview prod")
    assert "All of it: `mlplatform preview prod`" in capsys.readouterr().out


@pytest.mark.parametrize("form", ReportFormat)
def test_a_reason_is_told_once_on_a_terminal_and_logged_beside_what_goes_into_a_file(form, monkeypatch):
    found = state(served(facts(), unverified=["registry is down"], notices=["alias moved"]))
    lines = ("UNVERIFIED: registry is down", "alias moved", "something else")
    messages = tuple(Message(severity="warning", text=line, urn="") for line in lines)
    result = ProgramResult(state=found, messages=messages, log="")
    monkeypatch.setattr(stack_commands, "run_program", lambda *_arguments, **_options: result)
    ran = CliRunner().invoke(app, ["check", "dev", "--format", form])
    assert "registry is down" in ran.stdout
    logged = [f"warning: {line}" for line in lines]
    assert ran.stderr.splitlines() == (logged[-1:] if form is ReportFormat.TEXT else logged)


def test_check_as_markdown_holds_policies_alone(monkeypatch):
    result = ProgramResult(state=state(served(facts())), messages=(), log="")
    monkeypatch.setattr(stack_commands, "run_program", lambda *_arguments, **_options: result)
    ran = CliRunner().invoke(app, ["check", "dev", "--format", "markdown"])
    assert ran.exit_code == 0
    assert ran.stdout.startswith("### Policies of `dev`\n\n**policies pass**")
    assert "iris" not in ran.stdout


def test_what_cannot_be_compared_is_said_in_markdown_too(tmp_path):
    (tmp_path / "cut.json").write_text("{")
    ran = CliRunner().invoke(app, ["diff", str(tmp_path / "cut.json"), "--format", "markdown"])
    assert ran.exit_code == 1
    assert "**Nothing was planned:**" in ran.stdout
