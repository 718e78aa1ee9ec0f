"""Reports from ``pulumi preview --json``, against what the real engine wrote (see engine/README.md)."""

import copy
import json
from pathlib import Path

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.review.diff.engine_preview import parse_preview
from mlplatform.review.diff.plan import known_state, plan_between, read_input
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.text import render
from mlplatform.review.report import compare, report_of
from mlplatform.review.state.property_values import UNKNOWN

FOLDER = Path(__file__).parent / "engine"
EXPORT, PREVIEW, SAMES = (FOLDER / f"models-{name}.json" for name in ("export", "preview", "sames"))
CONFIG = {"proj:password": UNKNOWN}


@pytest.fixture(scope="module")
def recorded():
    return json.loads(PREVIEW.read_text())


@pytest.fixture
def planned(offline):
    """The state that the same program gives offline."""
    program = (FOLDER / "models-after.txt").read_text()
    return offline.state(program, config=CONFIG, secret_keys=["proj:password"])


def document(*files):
    return report_document(report_of(plan_between(*map(read_input, files))))


def changed(models):
    return [model for model in models if model["kind"] != "unchanged"]


def test_the_engines_preview_tells_of_models_what_the_offline_preview_tells(planned):
    offline = report_document(compare(known_state(read_input(EXPORT)), planned))
    assert [(model["name"], model["kind"]) for model in offline["models"]] == [
        ("diabetes", "new"), ("iris", "changed"), ("sales", "retired"), ("wine", "unchanged"),
    ]  # fmt: skip
    for files in ([EXPORT, PREVIEW], [EXPORT, SAMES], [SAMES]):
        report = document(*files)
        assert report["models"] == offline["models"]
        assert report["verification"] == offline["verification"]
    alone = document(PREVIEW)
    assert alone["models"] == changed(offline["models"])
    assert alone["verification"] == offline["verification"]
    assert offline["verification"]["reasons"] == ["the registry https://mlflow.example.org does not answer"]
    assert offline["verification"]["notices"] == [
        "iris: the alias champion points to version 3 now; to take it: mlplatform lock dev iris"
    ]


def test_the_engine_sees_more_than_the_states_tell(planned):
    urn = "urn:pulumi:dev::proj::kubernetes:core/v1:Secret::store"
    offline = {
        item["urn"]: item for item in report_document(compare(known_state(read_input(EXPORT)), planned))["resources"]
    }
    assert offline[urn]["op"] == "same"
    for files in ([EXPORT, PREVIEW], [PREVIEW], [SAMES]):
        found = {item["urn"]: item for item in document(*files)["resources"]}
        assert found[urn]["op"] == "replace"
        assert found[urn]["diff"] == [{"path": "data.key", "old": "[secret]", "new": "[secret]"}]
        assert found[urn]["replaceReasons"] == ["data.key"]
        others = {key: item["op"] for key, item in found.items() if key != urn}
        assert others == {key: offline[key]["op"] for key in others}


def test_what_a_preview_does_not_list_is_counted_or_comes_from_the_state_before():
    alone, both = document(PREVIEW), document(EXPORT, PREVIEW)
    assert alone["summary"]["unlisted"] == 4
    assert both["summary"]["unlisted"] == 0
    assert alone["summary"]["resources"] == both["summary"]["resources"]
    text = "\n".join(line.text for line in render(report_of(plan_between(read_input(PREVIEW)))))
    assert "4 more resources stay the same and are not listed: no policy has judged them.\n" in text


def test_a_volume_that_would_be_replaced_is_a_loss():
    (loss,) = document(PREVIEW)["losses"]
    assert (loss["name"], loss["way"], loss["reasons"]) == ("cache", "replace", ["spec.storageClassName"])


def test_a_whole_preview_can_be_the_state_to_come_from():
    back = document(SAMES, EXPORT)
    kinds = [(model["name"], model["kind"]) for model in back["models"]]
    assert kinds == [("diabetes", "retired"), ("iris", "changed"), ("sales", "new"), ("wine", "unchanged")]
    assert document(SAMES, SAMES)["summary"]["resources"]["same"] == 12


def problem(*files):
    with pytest.raises(ProblemsError) as caught:
        document(*files)
    return str(caught.value)


def test_a_preview_that_lists_only_changes_cannot_be_the_state_to_come_from():
    told = problem(PREVIEW, EXPORT)
    assert "does not list what stays the same (resources: 4)" in told
    assert "pulumi preview --json --show-sames" in told


def test_one_state_alone_is_no_comparison():
    assert "only of a preview both sides are known" in problem(EXPORT)


def test_a_preview_that_failed_plans_nothing():
    told = problem(FOLDER / "models-failed.json")
    assert "this preview failed, so that it plans nothing: broken" in told


def write(tmp_path, data, name="changed.json"):
    path = tmp_path / name
    path.write_text(json.dumps(data))
    return path


def without(export, name):
    data = json.loads(export.read_text())
    resources = data["deployment"]["resources"]
    data["deployment"]["resources"] = [item for item in resources if not item["urn"].endswith(f"::{name}")]
    return data


def test_a_preview_of_another_state_is_refused(tmp_path):
    gone = write(tmp_path, without(EXPORT, "cache"))
    assert "it would replace 'urn:pulumi:dev::proj::kubernetes:core/v1:PersistentVolumeClaim::cache'" in problem(
        gone, PREVIEW
    )
    fewer = write(tmp_path, without(EXPORT, "wine"))
    assert "the number of other resources that stay as they are is 2, not 4" in problem(fewer, PREVIEW)
    other = json.loads(EXPORT.read_text())
    next(item for item in other["deployment"]["resources"] if item["urn"].endswith("ModelDeployment::iris"))["inputs"][
        "version"
    ] = "9"
    assert "ModelDeployment::iris' was different" in problem(write(tmp_path, other), PREVIEW)
    prod = write(tmp_path, json.loads(EXPORT.read_text().replace("pulumi:dev::", "pulumi:prod::")))
    assert "that one is of stack 'prod', the preview of 'dev'" in problem(prod, PREVIEW)
    there = json.loads(EXPORT.read_text())
    step = next(item for item in json.loads(PREVIEW.read_text())["steps"] if item["op"] == "create")
    there["deployment"]["resources"].append(step["newState"])
    assert f"it creates '{step['urn']}', which is already there" in problem(write(tmp_path, there), PREVIEW)


def test_a_whole_preview_of_another_state_is_compared_as_a_state(tmp_path):
    gone = write(tmp_path, without(EXPORT, "cache"))
    found = {item["name"]: item["op"] for item in document(gone, SAMES)["resources"]}
    assert found["cache"] == "create"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data.pop("steps"), "steps: no list of steps with a changeSummary"),
        (lambda data: data.pop("changeSummary"), "steps: no list of steps with a changeSummary"),
        (lambda data: data.update(steps={}), "no list of steps"),
        (lambda data: data.update(changeSummary={"same": "many"}), "no list of steps with a changeSummary"),
        (lambda data: data.update(changeSummary={"same": -1}), "no list of steps with a changeSummary"),
        (lambda data: data.update(steps=[]), "the stack itself is not among them"),
        (lambda data: data["steps"].append(data["steps"][0]), "a second step for 'urn:pulumi:dev::proj::pulumi"),
        (lambda data: data["steps"].append(3), "steps[10]: is no step"),
        (lambda data: data["steps"].append({"op": ["same"]}), "steps[10]: is no step"),
        (lambda data: data["steps"][1].update(op="teleport"), "steps[1].op: is 'teleport', a step that this tool does"),
        (lambda data: data["steps"][1].update(oldState=None), "has not the states before and after that 'update'"),
        (lambda data: data["steps"][1].update(newState=None), "has not the states before and after that 'update'"),
        (lambda data: data["steps"][1].update(newState=[1]), "steps[1]: is no step"),
        (lambda data: data["steps"][1].update(newState={"urn": "x"}), "steps[1]: is no step"),
        (lambda data: data["steps"][1].update(urn="x"), "has not the states"),
        (lambda data: data["steps"][1].update(detailedDiff=["x"]), "steps[1]: is no step"),
    ],
)  # fmt: skip
def test_a_preview_of_another_form_is_a_clear_problem(recorded, tmp_path, change, expected):
    data = copy.deepcopy(recorded)
    assert data["steps"][1]["op"] == "update"
    change(data)
    assert expected in problem(write(tmp_path, data))


def test_a_preview_that_is_cut_off_is_a_clear_problem(tmp_path):
    text = PREVIEW.read_text()
    path = tmp_path / "preview.json"
    path.write_text(text[: len(text) // 2])
    assert "is not JSON" in problem(path)
    path.write_text("Previewing update (dev):\n" + text)
    assert "is not JSON (line 1)" in problem(path)
    path.write_text(text + text)
    assert "is not JSON" in problem(path)


def test_what_a_foreign_file_holds_is_never_echoed(tmp_path):
    for data in (
        {"password": "hunter2"}, [["hunter2"]], {"steps": [{"op": "update", "newState": {"secret": "hunter2"}}]},
        {"steps": [{"op": "same", "urn": "hunter2"}], "changeSummary": {}},
    ):  # fmt: skip
        assert "hunter2" not in problem(write(tmp_path, data))


def test_secrets_of_a_preview_stay_secrets():
    preview = read_input(PREVIEW)
    store = next(step for step in preview.steps if step.urn.endswith("::store"))
    assert store.old.inputs["data"] == store.new.inputs["data"]
    assert json.dumps(document(EXPORT, PREVIEW)).count("made up") == 0


def test_steps_that_only_say_how_change_nothing(recorded):
    data = copy.deepcopy(recorded)
    replaced = next(step for step in data["steps"] if step["op"] == "replace")
    extra = [{**copy.deepcopy(replaced), "op": op} for op in ("create-replacement", "delete-replaced")]
    found = parse_preview({**data, "steps": [extra[1], *data["steps"], extra[0]]}, file="x")
    assert found == parse_preview(data, file="x")


def test_the_order_of_the_engines_steps_does_not_matter(recorded):
    data = {**recorded, "steps": recorded["steps"][::-1]}
    assert parse_preview(data, file="x") == parse_preview(recorded, file="x")


def test_default_providers_are_in_no_preview_and_stay_as_they_are(tmp_path):
    """The engine neither lists nor counts them, whatever happens to them."""
    export = json.loads(EXPORT.read_text())
    urn = "urn:pulumi:dev::proj::pulumi:providers:random::default_4_21_4"
    provider = {
        "urn": urn,
        "custom": True,
        "id": "x",
        "type": "pulumi:providers:random",
        "inputs": {"version": "4.21.4"},
    }
    export["deployment"]["resources"].insert(1, provider)
    deployed = write(tmp_path, export)
    for files in ([deployed, PREVIEW], [deployed, SAMES], [SAMES, deployed]):
        assert {item["urn"]: item["op"] for item in document(*files)["resources"]}[urn] == "same"
    gone = without(deployed, "cache")
    found = document(write(tmp_path, gone, "gone.json"), SAMES)["resources"]
    assert {item["urn"]: item["op"] for item in found}[urn] == "same"
