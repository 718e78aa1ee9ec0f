"""The main job, end to end: a real registry, the real program, the real command line."""

import json
import re
import time
from pathlib import Path

import jsonschema
import pytest

from policies.rules import RULES
from tests.cli.conftest import ROOT

SCHEMA = json.loads((ROOT / "mlplatform" / "review" / "report.schema.json").read_text())
IRIS = "{name: iris, registeredModel: iris-classifier, alias: champion, serving: kserve, namespace: models}"
CANCER = "{name: cancer, registeredModel: breast-cancer-detector, version: 1, serving: seldon, namespace: seldon}"
SECURE = '{secure: "v1:3aGKxWQOaxGWm2tG:mQ8DcrhPZ6wc"}'


def document(result):
    data = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA)
    return data


def changed(data):
    return {(resource["op"], resource["name"]) for resource in data["resources"] if resource["op"] != "same"}


@pytest.mark.usefixtures("registry_uri")
def test_first_preview_shows_all_as_new_and_every_model_pinned(project):
    project.write(models=f"[{IRIS}, {CANCER}]")
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 0, result.stderr
    data = document(result)
    assert [(model["name"], model["previousVersion"], model["version"]) for model in data["models"]] == [
        ("cancer", None, "1"),
        ("iris", None, "3"),
    ]
    for model in data["models"]:
        assert model["storageUri"].startswith("s3://case-models/")
        assert model["digest"].startswith("sha256:")
    assert {resource["op"] for resource in data["resources"]} == {"create"}
    assert data["policies"] == []
    assert data["summary"]["policies"] == {"passed": len(RULES), "violated": 0, "undecided": 0}
    # Same input, same bytes, and nothing of this machine or this moment among them.
    assert project.run("preview", "case", "--format", "json").stdout == result.stdout
    shown = result.stdout + project.run("preview", "case").stdout
    for model in data["models"]:
        # When a version was registered is a fact of the registry.
        registered = model["variants"][0]["after"]["createdAt"]
        shown = shown.replace(registered, "").replace(f"{registered[:10]} {registered[11:16]} UTC", "")
    for told in (str(Path.home()), str(project.folder), str(ROOT), time.strftime("%Y-%m-%d")):
        assert told not in shown
    assert not (project.folder / ".mlplatform").exists()


def test_moved_alias_touches_exactly_its_model_and_moving_back_shows_no_change(
    project, registry_uri, movable, move_alias
):
    assert registry_uri
    project.write(models=f"[{IRIS.replace('iris-classifier', movable)}, {CANCER}]")
    first = project.run("preview", "case", "--baseline")
    assert first.returncode == 0, first.stderr
    move_alias("1")
    moved = project.run("preview", "case", "--baseline", "--exit-code", "--format", "json")
    text = project.run("preview", "case")
    move_alias("3")
    assert moved.returncode == 3
    assert changed(document(moved)) == {("update", "iris")}
    assert re.search(rf"iris  {movable}  champion  3 -> 1 .*older version$", text.stdout, re.MULTILINE)
    assert '~ version: "3" => "1"' in text.stdout
    back = project.run("preview", "case", "--baseline", "--exit-code", "--format", "json")
    assert back.returncode == 0
    assert changed(document(back)) == set()


# A password in a variable of a model server.
BREAKING = """  mlplatform:certManager: {}
  mlplatform:istio: {}
  mlplatform:ingress: {domain: models.example.org}
  mlplatform:kserve:
    mode: Standard
    runtimes:
      - {name: own, image: "registry.example.org/own:1.0", formats: {mlflow: "2"}, env: {DB_PASSWORD: hunter2}}
"""


@pytest.mark.usefixtures("registry_uri")
def test_synth_check_and_diff(project):
    project.write(models=f"[{IRIS}, {CANCER}]")
    synth = project.run("synth", "case", "-o", "old")
    assert synth.returncode == 0, synth.stderr
    assert "and 16 manifests" in synth.stdout
    manifests = sorted(
        str(path.relative_to(project.folder / "old")) for path in project.folder.rglob("manifests/**/*.yaml")
    )
    assert len(manifests) == 16
    # Retire one model, let the other break a rule.
    project.write(models=f"[{IRIS}]")
    stack_file = project.folder / "Pulumi.case.yaml"
    stack_file.write_text(
        stack_file.read_text().replace("kind-case", 'kind-case, kubernetesVersion: "1.36"') + BREAKING
    )
    assert project.run("synth", "case", "-o", "new").returncode == 0
    diff = project.run("diff", "old/stack.json", "new/stack.json", "--format", "json")
    assert diff.returncode == 2
    assert ("delete", "cancer") in changed(document(diff))
    violated = {verdict["policy"] for verdict in document(diff)["policies"] if verdict["outcome"] == "violated"}
    assert violated == {"no-plaintext-credentials"}
    check = project.run("check", "case")
    assert check.returncode == 2
    assert check.stdout.startswith("Checking policies (case)")
    assert re.search(r"violated   no-plaintext-credentials \(mandatory\) .*own", check.stdout)
    assert check.stdout.count("violated  ") == 1
    refused = project.run("preview", "case", "--baseline")
    assert refused.returncode == 2
    assert not (project.folder / ".mlplatform" / "baselines").exists()


@pytest.mark.usefixtures("registry_uri")
def test_secure_values_never_appear(project):
    store = (
        f"{{endpoint: http://minio.storage.svc:9000, credentials: {{accessKeyId: reader, secretAccessKey: {SECURE}}}}}"
    )
    project.write(models=f"[{IRIS}, {CANCER}]", store=store)
    synth = project.run("synth", "case", "-o", "out")
    assert synth.returncode == 0, synth.stderr
    written = "".join(path.read_text() for path in (project.folder / "out").rglob("*") if path.is_file())
    assert "model-store-rclone" in written
    assert "3aGKxWQOaxGWm2tG" not in written
    assert "[unknown secret]" in written
    against = project.run("preview", "case", "--against", "out/stack.json", "--exit-code")
    assert against.returncode == 0, against.stdout


def test_registry_that_does_not_answer_plans_nothing(project, dead_uri):
    project.write(models=f"[{IRIS}, {CANCER}]", uri=dead_uri)
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 1
    data = document(result)
    assert [(error["file"], error["key"]) for error in data["errors"]] == [("Pulumi.case.yaml", "registry.uri")]
    assert data["resources"] == []
    assert data["models"] == []
    assert "models: []" in data["errors"][0]["message"]


def test_an_outage_of_a_stack_that_is_known_advises_nothing_that_retires_its_models(project, dead_uri):
    project.write(uri=dead_uri)
    assert project.run("preview", "case", "--baseline").returncode == 0
    assert project.run("synth", "case", "-o", "out").returncode == 0
    project.write(models=f"[{IRIS}, {CANCER}]", uri=dead_uri)
    recorded_state = project.folder / ".mlplatform" / "baselines" / "case.json"
    for command in (["preview", "case"], ["check", "case"], ["synth", "case", "-o", "again"]):
        result = project.run(*command)
        assert result.returncode == 1
        assert "models: []" not in result.stdout + result.stderr
    recorded_state.unlink()
    result = project.run("preview", "case", "--against", "out/stack.json")
    assert "cannot be reached" in result.stdout
    assert "models: []" not in result.stdout + result.stderr
    assert "models: []" in project.run("check", "case").stdout


def test_models_are_retired_by_consent_alone(project, registry_uri):
    assert registry_uri
    project.write(models=f"[{IRIS}, {CANCER}]")
    assert project.run("preview", "case", "--baseline").returncode == 0
    project.write()
    refused = project.run("preview", "case", "--format", "json")
    assert refused.returncode == 2
    (verdict,) = document(refused)["policies"]
    assert verdict["policy"] == "models-are-retired-with-consent"
    assert verdict["message"].endswith("name them in retiredModels: cancer, iris")
    file = project.folder / "Pulumi.case.yaml"
    file.write_text(file.read_text() + "  mlplatform:retiredModels: [iris, cancer]\n")
    consented = project.run("preview", "case")
    assert consented.returncode == 0, consented.stdout
    assert "2 models change (2 retired)" in consented.stdout


def test_all_problems_of_all_models_at_once(project, registry_uri):
    assert registry_uri
    missing_alias = IRIS.replace("champion", "golden")
    missing_model = IRIS.replace("name: iris", "name: b").replace("iris-classifier", "irises")
    missing_version = CANCER.replace("version: 1", "version: 9")
    project.write(models=f"[{missing_alias}, {missing_model}, {missing_version}]")
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 1
    errors = document(result)["errors"]
    assert [error["key"] for error in errors] == ["models[0].alias", "models[1].registeredModel", "models[2].version"]
    assert "challenger" in errors[0]["message"]


def test_stack_without_models_needs_no_registry(project, dead_uri):
    project.write(uri=dead_uri)
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert document(result)["models"] == []


@pytest.mark.usefixtures("registry_uri")
def test_markdown_and_graph_of_a_moved_version(project):
    project.write(models=f"[{IRIS.replace('alias: champion', 'version: 1')}, {CANCER}]")
    assert project.run("synth", "case", "-o", "old").returncode == 0
    project.write(models=f"[{IRIS}, {CANCER}]")
    preview = project.run("preview", "case", "--against", "old/stack.json", "--format", "markdown")
    assert preview.returncode == 0, preview.stderr
    created = "**nothing of this stack is known to be deployed, an update would create 27 resources"
    assert preview.stdout.startswith(f"### Preview of `case`\n\n{created}; since the last preview: 1 model changes")
    assert "Live: the versions were resolved from the registry for this preview" in preview.stdout
    assert re.search(r"^\\| `iris` \\| 1 → 3, alias none → champion \\|", preview.stdout, re.MULTILINE)
    assert str(project.folder) not in preview.stdout
    graph = project.run("graph", "case", "--against", "old/stack.json")
    assert graph.returncode == 0, graph.stderr
    assert graph.stdout.startswith("flowchart LR\n")
    assert '["iris<br/>ModelDeployment<br/>1 → 3, alias none → champion"]:::update' in graph.stdout
    assert '["cancer<br/>ModelDeployment"]\n' in graph.stdout
    assert "No last known state" not in preview.stdout


def recorded(name):
    return str(ROOT / "tests" / "review" / "engine" / f"models-{name}.json")


def test_diff_takes_previews_of_the_engine(project):
    both = project.run("diff", recorded("export"), recorded("preview"), "--format", "json", "--exit-code")
    assert both.returncode == 3, both.stderr
    data = document(both)
    assert [(model["name"], model["kind"]) for model in data["models"]] == [
        ("diabetes", "new"),
        ("iris", "changed"),
        ("sales", "retired"),
        ("wine", "unchanged"),
    ]
    assert data["verification"]["verified"] is False
    alone = project.run("diff", recorded("preview"), "--format", "markdown")
    assert alone.returncode == 0, alone.stderr
    assert "> **UNVERIFIED" in alone.stdout
    assert "| **replace** | `cache` `kubernetes:core/v1:PersistentVolumeClaim` |" in alone.stdout


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["preview", "export"], "make it with pulumi preview --json --show-sames"),
        (["failed"], "this preview failed, so that it plans nothing: broken"),
        (["export"], "only of a preview both sides are known"),
    ],
)
def test_diff_says_what_cannot_be_compared(project, files, told):
    result = project.run("diff", *map(recorded, files), "--format", "json")
    assert result.returncode == 1
    assert told in document(result)["errors"][0]["message"]


def test_wrong_format_is_wrong_usage(project):
    assert project.run("preview", "case", "--format", "html").returncode == 64


def test_graph_of_a_missing_file_is_a_clear_error(project):
    result = project.run("graph", "case", "--against", "none.json")
    assert (result.returncode, result.stdout) == (1, "")
    assert "none.json: there is no such file" in result.stderr
