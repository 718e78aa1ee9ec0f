"""What the command line prints of a report."""

import json

import pytest

from cli.output import ReportFormat, print_report
from review.report import compare
from tests.review.pairs import PAIRS, facts, served
from tests.review.states import state


@pytest.mark.parametrize("form", ReportFormat)
def test_half_a_surrogate_in_a_state_breaks_no_form(form, capsys):
    print_report(compare(None, state(served(facts(createdBy="a\ud800")))), form, command="python -m cli preview dev")
    printed = capsys.readouterr().out
    assert printed.encode("utf-8")
    assert "ud800" in printed
    if form is ReportFormat.JSON:
        assert json.loads(printed)["models"][0]["variants"][0]["after"]["createdBy"] == "a\ud800"


def test_markdown_says_which_command_shows_all(capsys):
    print_report(compare(*PAIRS["three-hundred"]), ReportFormat.MARKDOWN, command="python -m cli preview prod")
    assert "All of it: `python -m cli preview prod`" in capsys.readouterr().out
