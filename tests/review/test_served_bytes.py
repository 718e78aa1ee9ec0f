"""The first sentence of a report where an object serves something else than the facts above it say."""

import json

import pytest

from mlplatform.cli.exit_codes import ExitCode, exit_code
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.text import render
from mlplatform.review.render.words import conclusion
from mlplatform.review.report import compare
from mlplatform.review.state.state_file import parse_document
from tests.review.pairs import PAIRS, facts, platform, served
from tests.review.states import applied, state

ELSEWHERE = "https://example.org/iris"
SAID = "iris serves bytes that are not those reviewed"


def whole(*models):
    return state(platform(), served(*models, mode="live"))


def swapped(known, name, uri):
    """Return a state whose object of one model names another address; its facts stay."""
    document = applied(known)
    for item in document["deployment"]["resources"]:
        if item["custom"] and item["urn"].endswith(f"::{name}"):
            item["inputs"] = json.loads(json.dumps(item["inputs"]).replace(facts(name)["storageUri"], uri))
    return parse_document(document, file="test")


@pytest.mark.parametrize("engine", ["kserve", "seldon"])
def test_an_object_that_would_serve_something_else(engine):
    before = whole(facts(serving=engine), facts("wine"))
    report = compare(before, swapped(before, "iris", ELSEWHERE))
    assert conclusion(report) == f"{SAID}, 1 policy violation (1 MANDATORY)"
    assert exit_code(report, differences_matter=False) is ExitCode.POLICY
    lines = [line.text for line in render(report)]
    assert f"Verdict: {conclusion(report)}" in lines
    assert SAID in render_markdown(report, command="mlplatform diff").partition("<details>")[0]
    document = report_document(report)
    assert document["summary"]["models"]["unreviewed"] == 1
    assert {item["name"]: item["unreviewed"] for item in document["models"]} == {"iris": True, "wine": False}
    assert [item["policy"] for item in document["models"][0]["policies"]] == ["reviewed-bytes-are-served"]


def test_an_object_that_served_something_else_until_now():
    after = whole(facts(), facts("wine"))
    report = compare(swapped(after, "iris", ELSEWHERE), after)
    assert conclusion(report) == "iris served bytes that were not those reviewed until now, policies pass"
    (iris, wine) = report_document(report)["models"]
    assert (iris["unreviewedBefore"], iris["unreviewed"], wine["unreviewedBefore"]) == (True, False, False)


def test_several_models_and_new_ones():
    known = whole(facts(), facts("wine"))
    both = swapped(swapped(known, "iris", ELSEWHERE), "wine", ELSEWHERE)
    assert conclusion(compare(known, both)).startswith("iris, wine serve bytes that are not those reviewed, 2 policy")
    new = compare(None, swapped(known, "iris", ELSEWHERE))
    assert SAID in conclusion(new)
    assert any("bytes that were not reviewed" in line.text for line in render(new))


def test_nothing_of_it_is_said_where_facts_and_objects_agree():
    for old, new in PAIRS.values():
        assert "reviewed" not in conclusion(compare(old, new))
