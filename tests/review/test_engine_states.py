"""What an engine keeps beside inputs: unready objects, former copies, operations that were cut off, several steps."""

import copy
import json
from pathlib import Path

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.review.diff.plan import plan_between, read_input
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.mermaid import render_mermaid
from mlplatform.review.render.text import render
from mlplatform.review.report import compare, report_of
from mlplatform.review.state.state_file import parse_document
from tests.review.pairs import facts, kube, platform, served, settings, volume
from tests.review.states import applied, entry, state

FOLDER = Path(__file__).parent / "engine"
SETTINGS = "urn:pulumi:dev::mlplatform::kubernetes:core/v1:ConfigMap::settings"
CACHE = "urn:pulumi:dev::mlplatform::kubernetes:core/v1:PersistentVolumeClaim::model-cache"
STACK = state(platform(settings(), volume()), served(facts()))


def export(change=None, version=3):
    """Return an engine's export of the stack, changed."""
    document = applied(STACK)
    document["version"] = version
    if change:
        change(document["deployment"])
    return parse_document(document, file="export.json")


def item_of(deployment, urn):
    return next(item for item in deployment["resources"] if item["urn"] == urn)


def forms(report):
    text = "\n".join(line.text for line in render(report))
    return text, render_markdown(report, command="mlplatform preview dev"), report_document(report)


def test_an_object_that_never_became_ready_is_updated():
    def unready(deployment):
        item_of(deployment, SETTINGS)["initErrors"] = ["'settings' timed out", "no such image"]

    report = compare(export(unready), STACK)
    assert [(resource.name, resource.op) for resource in report.resources if resource.op != "same"] == [
        ("settings", "update")
    ]
    text, markdown, document = forms(report)
    assert "Verdict: no model changes, 1 infrastructure change, policies pass" in text
    for form in (text, markdown):
        assert "goes on with what never became ready: \"'settings' timed out\"" in form
    (changed,) = [item for item in document["resources"] if item["op"] == "update"]
    assert changed["initErrors"] == ["'settings' timed out", "no such image"]
    assert not any(item["initErrors"] for item in document["resources"] if item["op"] == "same")


@pytest.mark.parametrize("alone", [False, True])
def test_a_former_copy_is_deleted_whatever_took_its_place(alone):
    def former(deployment):
        item = copy.deepcopy(item_of(deployment, CACHE)) | {"delete": True, "id": "models/model-cache", "protect": True}
        if alone:
            deployment["resources"].remove(item_of(deployment, CACHE))
        deployment["resources"].append(item)

    report = compare(export(former), STACK)
    text, markdown, document = forms(report)
    assert "1 STATEFUL deletion" in document["verdict"]
    assert document["summary"]["resources"]["delete"] == 1
    # The engine deletes it although it is protected, and only once.
    assert not document["errors"]
    copies = [item for item in document["resources"] if item["formerCopy"]]
    assert [(item["urn"], item["op"]) for item in copies] == [(CACHE, "delete")]
    assert text.count("delete (former copy)") == 1
    assert "model-cache (delete of a former copy): the volume" in text
    assert "**delete (former copy)**" in markdown
    assert text.count("pulumi:pulumi:Stack") == 1
    assert "model-cache" not in render_mermaid(report)


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("creating", "a plain `pulumi refresh` does not settle that"),
        ("updating", "`pulumi refresh` reads what is there and settles it"),
        ("deleting", "`pulumi refresh` reads what is there and settles it"),
    ],
)
def test_an_operation_that_was_cut_off_is_a_notice(kind, advice):
    def cut_off(deployment):
        deployment["pending_operations"] = [{"type": kind, "resource": copy.deepcopy(item_of(deployment, SETTINGS))}]

    report = compare(export(cut_off), STACK)
    (notice,) = report.verification.notices
    assert notice.startswith(f"settings (kubernetes:core/v1:ConfigMap): an update was cut off while {kind} it")
    assert advice in notice
    assert "`pulumi cancel`" in notice
    text, markdown, document = forms(report)
    assert f"Notice: {notice}" in text
    assert "was cut off while" in markdown
    assert document["verification"]["notices"] == [notice]


def test_many_operations_that_were_cut_off_are_few_notices():
    def cut_off(deployment):
        item = {"type": "updating", "resource": copy.deepcopy(item_of(deployment, SETTINGS))}
        deployment["pending_operations"] = [item] * 9

    notices = compare(export(cut_off), STACK).verification.notices
    assert (len(notices), notices[-1][:11]) == (6, "4 more oper")


@pytest.mark.parametrize("operations", [{"a": 1}, [1], [{"type": "creating"}], [{"resource": {}, "type": "creating"}]])
def test_operations_of_another_form_are_a_clear_problem(operations):
    with pytest.raises(ProblemsError, match=r"export\.json: deployment\.pending_operations: must be a list"):
        export(lambda deployment: deployment.update(pending_operations=operations))


@pytest.mark.parametrize("version", [2, 3, 4])
def test_all_versions_of_todays_engines_are_read(version):
    assert not compare(export(version=version), STACK).differs


def test_the_export_of_another_stack_is_said_in_the_first_line():
    document = json.loads(json.dumps(applied(STACK)).replace("pulumi:dev::mlplatform", "pulumi:prod::shop"))
    text, markdown, json_form = forms(compare(parse_document(document, file="x"), STACK))
    first = "compared with another stack: prod of project shop"
    assert text.splitlines()[0] == f"Previewing update (dev), {first}"
    assert first in markdown.splitlines()[0]
    assert json_form["otherStack"] == {"stack": "prod", "project": "shop"}
    assert forms(compare(export(), STACK))[2]["otherStack"] is None


@pytest.fixture
def recorded():
    return json.loads((FOLDER / "models-sames.json").read_text())


def planned(tmp_path, data):
    path = tmp_path / "preview.json"
    path.write_text(json.dumps(data))
    return report_of(plan_between(read_input(path)))


def step_of(data, name, op):
    return next(step for step in data["steps"] if step["op"] == op and step["urn"].endswith(f"::{name}"))


def test_a_refresh_before_the_step_is_told_as_drift(recorded, tmp_path):
    step = step_of(recorded, "models", "update")
    before = report_document(planned(tmp_path, recorded))
    refresh = copy.deepcopy(step) | {"op": "refresh"}
    refresh["oldState"]["inputs"]["environment"] = "elsewhere"
    refresh["newState"] = copy.deepcopy(refresh["oldState"])
    recorded["steps"].insert(0, refresh)
    after = report_document(planned(tmp_path, recorded))
    assert after["resources"] == before["resources"]
    (notice,) = set(after["verification"]["notices"]) - set(before["verification"]["notices"])
    assert notice.startswith("models (mlplatform:serving:ModelDeployments): drifted, the refresh found other values")
    assert "environment" in notice


def test_an_import_before_an_update_is_both(recorded, tmp_path):
    step = step_of(recorded, "iris", "update")
    taken_over = copy.deepcopy(step) | {"op": "import", "oldState": None, "newState": copy.deepcopy(step["oldState"])}
    recorded["steps"].insert(recorded["steps"].index(step), taken_over)
    report = planned(tmp_path, recorded)
    assert [resource.op for resource in report.resources if resource.urn == step["urn"]] == ["update"]
    assert any("(import) before anything else" in notice for notice in report.verification.notices)


def test_two_steps_of_which_none_begins_the_other_are_refused(recorded, tmp_path):
    recorded["steps"].append(copy.deepcopy(step_of(recorded, "iris", "update")))
    with pytest.raises(ProblemsError, match="a second step for"):
        planned(tmp_path, recorded)


def test_former_copies_and_unready_objects_of_a_preview(recorded, tmp_path):
    plain = report_document(planned(tmp_path, recorded))
    old = copy.deepcopy(step_of(recorded, "cache", "replace")["oldState"])
    recorded["steps"] += [{"op": "delete-replaced", "urn": old["urn"], "oldState": old} for _ in range(2)]
    step_of(recorded, "iris", "update")["oldState"]["initErrors"] = ["never ready"]
    found = report_document(planned(tmp_path, recorded))
    # One is of the replacement that is planned, the other of an earlier one.
    assert found["summary"]["resources"]["delete"] == plain["summary"]["resources"]["delete"] + 1
    assert [item["urn"] for item in found["resources"] if item["formerCopy"]] == [old["urn"]]
    assert ["never ready"] in [item["initErrors"] for item in found["resources"]]


def test_warnings_of_the_engine_itself_are_notices(recorded, tmp_path):
    warning = "warning: Attempting to deploy or update resources with 1 pending operations from previous deployment.\n"
    recorded["diagnostics"] += [
        {"message": warning + "  * urn:a, interrupted while creating\n", "severity": "warning"},
        {"message": "warning: A new version of Pulumi is available.", "severity": "warning"},
    ]
    notices = planned(tmp_path, recorded).verification.notices
    assert notices[-1] == (
        "Attempting to deploy or update resources with 1 pending operations from previous deployment. "
        "* urn:a, interrupted while creating"
    )


def test_an_old_former_copy_of_a_component_hides_nothing():
    component = entry("urn:pulumi:dev::mlplatform::my:own:Component::a", custom=False)
    below = kube("core/v1:ConfigMap", "below", parent=component["urn"])
    whole = state(component, below)
    document = applied(whole)
    document["deployment"]["resources"].append({**component, "delete": True})
    report = compare(parse_document(document, file="x"), state(component))
    text = forms(report)[0]
    assert text.count(" below ") == 1
