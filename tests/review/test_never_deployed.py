"""What a report says of a stack of which no engine's state is known."""

import json

import pytest

from mlplatform.review.diff.plan import plan_between, read_input
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.text import render
from mlplatform.review.report import compare, report_of
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.state_file import parse_document
from tests.review.pairs import PAIRS
from tests.review.states import applied

OLD, NEW = PAIRS["better"]
SIZE = len(NEW.resources)
HEADLINE = f"nothing of this stack is known to be deployed, an update would create {SIZE} resources"


def recorded(known):
    """Return a state as a preview recorded it."""
    return parse_document(json.loads(json.dumps(export_document(known))), file="baseline")


def forms(report):
    text = "\n".join(line.text for line in render(report))
    return text, render_markdown(report, command="mlplatform preview dev"), report_document(report)


def test_a_recorded_preview_is_called_what_it_is():
    text, markdown, document = forms(compare(recorded(OLD), NEW))
    assert document["comparedWith"] == "preview"
    assert document["verdict"] == f"{HEADLINE}; since the last preview: 1 model changes, policies pass"
    assert f"Verdict: {document['verdict']}" in text
    assert document["verdict"] in markdown
    for form in (text, markdown):
        assert "2 models as in the last preview: " in form.replace("`", "")
        assert "Compared with a preview, which says what was to be and not what is there" in form
        assert "unchanged" not in form
        assert "to update" not in form
        assert "2 changed" in form


def test_nothing_since_the_last_preview():
    text, markdown, _ = forms(compare(recorded(NEW), NEW))
    for form in (text, markdown):
        assert f"{HEADLINE}; since the last preview: nothing changes, policies pass" in form
        assert f"{SIZE} as in the last preview" in form
        assert "unchanged" not in form


# The export of a stack that was made and never updated.
EMPTY = {"version": 3, "deployment": {"manifest": {}, "resources": None}}


@pytest.mark.parametrize("document", [None, EMPTY])
def test_without_any_state(document):
    known = parse_document(document, file="x") if document else None
    text, _, document = forms(compare(known, NEW))
    assert document["comparedWith"] == "nothing"
    assert document["verdict"].startswith(f"{HEADLINE}; 3 models change (3 new), ")
    assert f"{SIZE} to create" in text
    assert "No last known state to compare with: everything is shown as new." in text


def test_what_decides_still_comes_first():
    old, new = PAIRS["unverified"]
    assert forms(compare(recorded(old), new))[2]["verdict"].startswith(f"UNVERIFIED, {HEADLINE}; since the last")


def test_an_engines_state_is_what_is_deployed():
    text, _, document = forms(compare(parse_document(applied(OLD), file="x"), NEW))
    assert document["comparedWith"] == "deployed"
    assert "known to be deployed" not in text
    assert "2 models unchanged: " in text
    assert "2 to update" in text


def test_two_plans_say_nothing_of_what_is_there(tmp_path):
    for name, side in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.json").write_text(json.dumps(export_document(side)))
    files = [read_input(tmp_path / f"{name}.json") for name in ("old", "new")]
    text, _, document = forms(report_of(plan_between(*files)))
    assert document["comparedWith"] == "plan"
    assert document["verdict"] == "1 model changes, policies pass"
    assert "2 models the same in both plans: " in text
    assert "Compared with a plan, which says what was to be and not what is there." in text


def test_models_that_served_other_bytes_did_so_only_where_something_was_served():
    document = export_document(OLD)
    document = json.loads(
        json.dumps(document).replace('"storageUri": "s3://model-releases/iris', '"storageUri": "s3://b')
    )
    (component,) = (item for item in document["deployment"]["resources"] if item["urn"].endswith("Deployment::iris"))
    component["inputs"]["storageUri"] = "s3://elsewhere"
    report = compare(parse_document(document, file="x"), NEW)
    assert any(model.unreviewed_before for model in report.models)
    assert "served bytes" not in forms(report)[2]["verdict"]
