"""The offline preview against what the real engine did with the same programs (see engine/README.md)."""

import json
from pathlib import Path

import pytest

from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.property_values import UNKNOWN
from mlplatform.review.state.state_file import read_state
from tests.review.states import output_changes

FOLDER = Path(__file__).parent / "engine"
CONFIG = {"proj:password": UNKNOWN, "proj:plain": "hello", "pulumi:disable-default-providers": '["kubernetes"]'}


@pytest.fixture
def run(offline):
    def run(name):
        program = (FOLDER / name).read_text(encoding="utf-8")
        return offline.state(program, config=CONFIG, secret_keys=["proj:password"])

    return run


def test_the_same_program_shows_no_change_against_the_engines_export(run):
    old, new = read_state(FOLDER / "export.json"), run("before.txt")
    found = diff_states(old, new)
    assert [item.op for item in found] == ["same"] * 8
    assert {item.name: item.uncompared for item in found if item.uncompared} == {
        "m": ("spec.template.spec.containers",),  # the engine keeps a list as one secret when a part of it is
        "m-sec": ("data",),
    }
    assert output_changes(old, new) == ()


def test_a_changed_program_shows_the_engines_steps(run):
    steps = json.loads((FOLDER / "preview.json").read_text(encoding="utf-8"))["steps"]
    found = {item.urn: item for item in diff_states(read_state(FOLDER / "export.json"), run("after.txt"))}
    # Offline, resources that do not change are listed too; the engine leaves them out.
    assert {urn for urn, item in found.items() if item.op != "same"} | {
        urn for urn in found if urn.endswith("::proj-dev")
    } == {step["urn"] for step in steps}
    for step in steps:
        item = found[step["urn"]]
        assert item.op == step["op"], step["urn"]
        detailed = dict(step.get("detailedDiff") or {})
        # Inside the list that the state keeps as one secret, the engine can look, and nobody else.
        detailed.pop("spec.template.spec.containers[0].env[1].value", None)
        if detailed:
            kinds = {change.path: change.kind + ("-replace" if change.replaces else "") for change in item.changes}
            assert kinds == {path: change["kind"] for path, change in detailed.items()}
        assert list(item.replace_reasons) == (step.get("replaceReasons") or [])
    refused = [item.name for item in found.values() if item.refused]
    assert refused == ["m-cm"]


def test_the_state_has_the_engines_fields(run):
    engine = json.loads((FOLDER / "export.json").read_text(encoding="utf-8"))["deployment"]["resources"]
    ours = {item["urn"]: item for item in export_document(run("before.txt"))["deployment"]["resources"]}
    assert {item["urn"] for item in engine} == set(ours)
    for item in engine:
        own = ours[item["urn"]]
        for key in ("custom", "type", "parent", "dependencies", "propertyDependencies", "additionalSecretOutputs",
                    "protect", "customTimeouts"):  # fmt: skip
            theirs = item.get(key)
            assert own.get(key) == (sorted(theirs) if isinstance(theirs, list) else theirs), (item["urn"], key)
        if "provider" in item:
            assert own["provider"].rpartition("::")[0] == item["provider"].rpartition("::")[0]
        if not item["custom"]:
            assert own.get("inputs") == item.get("inputs")
