"""Whole reports of realistic pairs of states, in all forms, to be read as a reviewer would: see golden/reports."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlplatform.review.diff.plan import plan_between, read_input
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import LIMIT, render_markdown
from mlplatform.review.render.mermaid import render_mermaid
from mlplatform.review.render.text import render
from mlplatform.review.report import compare, report_of
from mlplatform.review.state.export_document import export_document
from tests.properties import examples
from tests.review.aws_pairs import AWS_PAIRS
from tests.review.pairs import PAIRS as ON_ANY_CLUSTER
from tests.review.pairs import facts, served
from tests.review.rules import SHOWN_RULES
from tests.review.states import SECRET, UNKNOWN, applied, state

PAIRS = {**ON_ANY_CLUSTER, **AWS_PAIRS}
ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "reports"
SCHEMA = json.loads((ROOT / "mlplatform" / "review" / "report.schema.json").read_text())
COMMAND = "mlplatform preview dev"
# Its text and JSON are as long as they are; what matters of them is tested below.
TOO_LONG = {"three-hundred"}
# Neither a model nor data is at stake.
UNDRAMATIC = {"nothing", "aws-nothing", "aws-nodes-resized", "aws-cluster-upgraded", "aws-new"}


@pytest.fixture(scope="module", params=PAIRS)
def pair(request):
    return request.param, compare(*PAIRS[request.param], SHOWN_RULES)


def text(report):
    return "\n".join(line.text for line in render(report)) + "\n"


def assert_golden(name, content):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert content == path.read_text()


def test_text(pair):
    name, report = pair
    if name not in TOO_LONG:
        assert_golden(f"{name}.txt", text(report))


def test_markdown(pair):
    name, report = pair
    shown = render_markdown(report, command=COMMAND)
    assert_golden(f"{name}.md", shown)
    assert len(shown.encode()) <= LIMIT


def test_json(pair):
    name, report = pair
    document = report_document(report)
    jsonschema.validate(document, SCHEMA)
    if name not in TOO_LONG:
        assert_golden(f"{name}.json", json.dumps(document, indent=1) + "\n")


def test_three_hundred_models_lose_details_in_markdown_alone():
    report = compare(*PAIRS["three-hundred"], SHOWN_RULES)
    document = report_document(report)
    assert document["summary"]["models"] == {
        "new": 0, "retired": 0, "changed": 300, "unchanged": 0, "breaking": 0, "worse": 129, "older": 0,
        "unreviewed": 0,
    }  # fmt: skip
    assert len(document["models"]) == 300
    lines = text(report).splitlines()
    assert sum(line.startswith("  model-") for line in lines) == 300
    shown = render_markdown(report, command=COMMAND)
    assert sum(line.startswith("| `model-") for line in shown.splitlines()) == 300
    assert "of 300 descriptions of models" in shown
    assert f"All of it: `{COMMAND}`" in shown
    # What gets worse comes first, and nothing of the room is given away.
    first = [line for line in shown.splitlines() if line.startswith("| `model-")][:129]
    assert all("worse" in line for line in first)
    assert len(shown.encode()) > LIMIT - 3_000


def loud(report):
    """Return the lines before the first detail of any resource."""
    return text(report).split("     Type", 1)[0]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("breaking", ["1 breaking", "BREAKING: inputs.sepal length (cm): double became string (and 2 more)\n"]),
        ("worse", ["1 with worse metrics", "worse: accuracy, f1_macro", "-0.02007", "worse (higher is better)"]),
        ("better", ["ada -> grace", "3 better", "better (lower is better)", "max_depth: 4 -> 6"]),
        ("alias", ["still 1, alias champion -> challenger"]),
        ("canary", ["still 1, traffic 100 % -> 90 %; canary: new -> 2 at 10 %", "challenger"]),
        ("engine-switch", ["still 1; engine kserve -> seldon; runtime kserve-mlserver -> MLFLOW_SERVER"]),
        ("infrastructure", ["1 STATEFUL deletion, 1 STATEFUL replacement", "the volume and all data on it"]),
        ("other-flavor", ["sklearn -> xgboost", "7.2 KiB -> 2.3 MiB"]),
        ("policy", ["MANDATORY", "container-resources-are-set", "policy violated"]),
        ("live-to-locked", ["from live to locked", "still 1, same bytes, now from its release", "stored at"]),
        ("locked-to-live", ["from locked to live", "1 advisory", "not locked any more", "production-is-locked"]),
        ("older", ["1 back to an older version", "3 -> 1  [older version]"]),
        ("retired", ["1 -> removed"]),
        ("swapped", ["iris-classifier 1 -> iris-neural 4", "another registered model"]),
        ("unverified", ["UNVERIFIED", "does not answer", "mlplatform lock dev iris"]),
    ],
)
def test_what_decides_comes_before_the_details(name, told):
    report = compare(*PAIRS[name], SHOWN_RULES)
    shown = loud(report)
    for each in told:
        assert each in shown


def test_a_violation_is_told_once_with_all_its_resources_and_once_with_its_model():
    shown = text(compare(*PAIRS["policy"], SHOWN_RULES))
    assert shown.count("lacks limits.memory") == 2
    assert "(mandatory) iris, sales, wine: spec.predictor" in shown
    assert "    violated   container-resources-are-set: see above\n" in shown


def test_the_banner_comes_before_the_verdict():
    report = compare(*PAIRS["unverified"], SHOWN_RULES)
    for shown in (text(report), render_markdown(report, command=COMMAND)):
        where = [shown.index(each) for each in ("UNVERIFIED: ", "does not answer", "1 model changes", "the alias")]
        assert where == sorted(where)


@pytest.mark.parametrize(
    ("old", "new", "older"),
    [("3", "1", True), ("1", "3", False), ("10", "9", True), ("9", "10", False), ("9" * 5_000, "1", True),
     ("1", "1", False), ("3", "x", False), ("\u0663", "1", False)],
)  # fmt: skip
def test_a_step_back_is_told(old, new, older):
    sides = [state(served({**facts(), "version": version})) for version in (old, new)]
    (model,) = compare(*sides).models
    assert model.change.older is older


def test_another_registered_model_is_never_an_older_version():
    report = compare(state(served(facts(version="3"))), state(served(facts(registeredModel="other"))))
    assert "older" not in text(report)


def test_sizes_that_read_the_same_are_no_difference():
    shown = text(compare(*PAIRS["better"], SHOWN_RULES))
    assert "size 7.2 KiB" in shown.split("as before", 1)[1]


def test_what_the_state_does_not_tell_is_said():
    old, new = (state(served(side)[1:]) for side in (facts(), facts(version="2", metrics={"accuracy": 0.9})))
    metrics = "The state does not tell which metrics the stack calls better: better and worse go by their names alone."
    runs = "The state does not tell where runs can be looked at: none is linked."
    for shown in (text(compare(old, new)), render_markdown(compare(old, new), command=COMMAND)):
        assert metrics in shown
        assert runs in shown
    known = text(compare(*PAIRS["worse"], SHOWN_RULES))
    assert metrics not in known
    assert runs not in known


def test_without_a_last_known_state_the_report_says_so():
    told = "No last known state to compare with: everything is shown as new."
    first, later = compare(None, PAIRS["nothing"][1]), compare(*PAIRS["nothing"], SHOWN_RULES)
    for form in (text, lambda report: render_markdown(report, command=COMMAND)):
        assert told in form(first)
        assert told not in form(later)
        assert told not in form(first.of_policies())


def test_the_first_screen_of_text_holds_what_decides():
    lines = text(compare(*PAIRS["all-at-once"], SHOWN_RULES)).splitlines()[:30]
    screen = "\n".join(lines)
    for each in (
        "UNVERIFIED",
        "Notice:",
        "Verdict:",
        "STATE AT STAKE",
        "1 breaking",
        "BREAKING: inputs",
        "worse: accuracy",
    ):
        assert each in screen


def decisive(document):
    """Yield what must be in every form: (as in text, as in markdown)."""
    for verdict in document["policies"]:
        if verdict["outcome"] == "violated":
            yield verdict["policy"], verdict["policy"]
    for reason in document["verification"]["reasons"]:
        yield reason, reason.split("https")[0]
    for loss in document["losses"]:
        yield loss["what"], loss["what"]
    for model in document["models"]:
        if model["kind"] == "unchanged":
            continue
        yield f"  {model['name']}: ", f"| `{model['name']}` |"
        for variant in model["variants"]:
            yield from ((change["text"], f"`{change['where']}`: ") for change in variant["signature"])
            yield from ((f" {metric['name']} ", f"`{metric['name']}`") for metric in variant["metrics"])


def test_every_form_holds_the_same_decisive_facts(pair):
    name, report = pair
    document = report_document(report)
    shown, marked = text(report), render_markdown(report, command=COMMAND)
    assert f"Verdict: {document['verdict']}\n" in shown
    assert f"**{document['verdict']}**\n" in marked
    for in_text, in_markdown in decisive(document):
        assert in_text in shown
        assert in_markdown in marked
    assert name in UNDRAMATIC or list(decisive(document))


def test_a_synth_an_export_and_a_preview_of_the_same_change_give_the_same_models(tmp_path):
    old, new = PAIRS["all-at-once"]
    for name, side in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(applied(side)))
    files = report_of(plan_between(*(read_input(tmp_path / f"{name}.json") for name in ("old", "new"))))
    assert report_document(files) == report_document(compare(old, new))
    preview = tmp_path / "preview.json"
    preview.write_text(json.dumps(as_preview(old, new)))
    engine = report_document(report_of(plan_between(read_input(tmp_path / "old.json"), read_input(preview))))
    assert engine["models"] == report_document(files)["models"]
    assert engine["losses"] == report_document(files)["losses"]


def as_preview(old, new):
    """Return what the engine's preview would say of a change, with the same steps as ours."""
    before = {item["urn"]: item for item in export_document(old)["deployment"]["resources"]}
    after = {item["urn"]: item for item in export_document(new)["deployment"]["resources"]}
    steps, same = [], 0
    for resource in compare(old, new).resources:
        if resource.op == "same" and not resource.urn.endswith("::mlplatform-dev"):
            same += 1
            continue
        step = {"op": resource.op, "urn": resource.urn, "detailedDiff": None}
        step |= {"oldState": before[resource.urn]} if resource.old else {}
        step |= {"newState": after[resource.urn]} if resource.new else {}
        step |= {"replaceReasons": list(resource.replace_reasons)} if resource.replace_reasons else {}
        steps.append(step)
    return {"steps": steps, "changeSummary": {"same": same + 1, "update": len(steps) - 1}}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
    | st.sampled_from([UNKNOWN, SECRET, "NaN", "100", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip
odd_facts = st.dictionaries(st.sampled_from([*facts(), "variants"]), values, max_size=8)


@settings(max_examples=examples(60))
@given(odd_facts, odd_facts)
def test_odd_states_give_a_report_in_every_form(one, other):
    old, new = (
        state(
            {**shared, "inputs": {**shared["inputs"], "registry": side.get("tags")}}, {**model, "inputs": side}, *rest
        )
        for side, (shared, model, *rest) in ((one, served(facts())), (other, served(facts())))
    )
    report = compare(old, new)
    assert text(report)
    assert render_markdown(report, command=COMMAND)
    assert render_mermaid(report)
    assert json.dumps(report_document(report), allow_nan=False)
