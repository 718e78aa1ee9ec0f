"""Facts that only one of two versions tells: each form of the report says whose they are."""

import pytest

from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.text import render
from mlplatform.review.report import compare
from tests.review.pairs import facts, served
from tests.review.rules import SHOWN_RULES
from tests.review.states import state

# Key of a state -> its value, the row's label, and the value as people read it.
FACTS = {
    "digest": ("sha256:" + "ab" * 32, "digest", "sha256:abababababab..."),
    "size": (7414, "size", "7.2 KiB"),
    "createdBy": ("ada", "trained by", "ada"),
    "createdAt": ("2026-11-01T09:30:00Z", "registered", "2026-11-01 09:30 UTC"),
    "flavor": ("sklearn", "flavor", "sklearn"),
    "runtime": ("kserve-mlserver", "runtime", "kserve-mlserver"),
    "namespace": ("models", "namespace", "models"),
}


def reports(old, new):
    """Return the report of two versions as text, markdown and JSON."""
    report = compare(state(served(*old)), state(served(*new)), SHOWN_RULES)
    text = "\n".join(line.text for line in render(report))
    return text, render_markdown(report, command="mlplatform preview dev"), report_document(report)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("key", FACTS)
def test_what_one_side_tells_is_said_of_that_side(key, side):
    value, label, shown = FACTS[key]
    old, new = ({key: value}, {key: None}) if side == "before" else ({key: None}, {key: value})
    text, markdown, document = reports([_facts("1", **old)], [_facts("2", **new)])
    pair = f"{shown} -> -" if side == "before" else f"- -> {shown}"
    assert any(label in line and pair in line for line in text.splitlines()), text
    cell = f"`{shown}`"
    forms = (
        (f"| {label} | {cell} | - |", f"{label} {cell} → -")
        if side == "before"
        else (f"| {label} | - | {cell} |", f"{label} - → {cell}")
    )
    assert any(form in markdown for form in forms), markdown
    (variant,) = document["models"][0]["variants"]
    if key in variant["before"]:
        here, there = (
            (variant["before"], variant["after"]) if side == "before" else (variant["after"], variant["before"])
        )
        assert (here[key], there[key]) == (value, None)


def test_of_a_new_and_of_a_retired_deployment_there_is_one_side():
    for old, new in (([], [_facts("1")]), ([_facts("1")], [])):
        text, markdown, _ = reports(old, new)
        assert " -> -" not in text.replace("-> removed", "")
        assert "trained by" in text
        assert "trained by" in markdown


def _facts(version, **changes):
    return {key: value for key, value in {**facts(version=version), **changes}.items() if value is not None}
