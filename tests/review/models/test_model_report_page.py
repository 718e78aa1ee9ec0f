"""The page that reviewers look rules up in says what the code does."""

import re
from pathlib import Path
from typing import get_args

import pytest

from mlplatform.review.models import metric_names
from mlplatform.review.models.change import Aspect
from mlplatform.review.models.rules import RULES

PAGE = (Path(__file__).parents[3] / "docs" / "model-report.md").read_text()


def test_every_rule_stands_on_the_page_with_its_verdict_and_no_other_does():
    rows = re.findall(r"^\| `([a-z-]+)` \| (yes|no) \| (.+) \|$", PAGE, re.MULTILINE)
    assert {code: verdict == "yes" for code, verdict, _ in rows} == {
        code: rule.breaking for code, rule in RULES.items()
    }
    assert len(rows) == len(RULES)
    assert all(why.strip() for *_, why in rows)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("HIGHER", "- higher is better: "),
        ("HIGHER_ENDS", "- higher is better, at the end of a name: "),
        ("LOWER", "- lower is better: "),
        ("LOWER_ENDS", "- lower is better, at the end of a name: "),
        ("BEFORE", "- left out in front: "),
        ("AFTER", "- left out at the end: "),
        ("ABOUT", "with one of these words: "),
        ("NEITHER", "which are best at zero: "),
    ],
)
def test_the_names_of_metrics_are_those_of_the_page(names, words):
    listed = PAGE.split(words, 1)[1].split("\n", 1)[0].split(", and ")[0]
    assert set(re.findall(r"`(.+?)`", listed)) == getattr(metric_names, names)


def test_every_step_stands_on_the_page():
    section = PAGE.split("## Steps", 1)[1].split("## Signatures", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(get_args(Aspect))
