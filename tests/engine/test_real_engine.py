"""The same program under the real Pulumi engine, where it is installed; compared with the offline preview."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlplatform.review.diff.plan import plan_between, read_input
from mlplatform.review.engine.program import run_program
from mlplatform.review.render.json_document import report_document
from mlplatform.review.report import compare, report_of

ROOT = Path(__file__).parents[2]
STACK = """\
config:
  pulumi:disable-default-providers: [kubernetes, aws]
  mlplatform:cluster: {{kind: existing, context: kind-case}}
  mlplatform:registry: {{uri: "{uri}", artifactStores: {{"mlflow-artifacts:/": "s3://models/"}}}}
  mlplatform:objectStore: {{existingSecret: minio}}
  mlplatform:models:
    - {{name: iris, registeredModel: iris-classifier, alias: champion, serving: kserve, namespace: models}}
    - {{name: cancer, registeredModel: breast-cancer-detector, version: "1", serving: seldon, namespace: seldon}}
"""


@pytest.fixture(scope="module")
def pulumi(tmp_path_factory, request):
    """Run the real CLI in a copy of the project, with a backend in a folder; skip, visibly, without the CLI."""
    executable = shutil.which("pulumi")
    if executable is None:
        pytest.skip("the Pulumi CLI is not on PATH; install it from https://www.pulumi.com/docs/install/")
    base = tmp_path_factory.mktemp("engine-project")
    project = base / "project"
    shutil.copytree(
        ROOT, project, ignore=shutil.ignore_patterns(".git", ".venv", ".mlplatform", "tests", "docs", "Pulumi.*.yaml")
    )
    (project / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (base / "state").mkdir()
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{base / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "KUBECONFIG": str(base / "no-such-kubeconfig"),
    }

    def run(*arguments):
        return subprocess.run(
            [executable, *arguments, "--non-interactive"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    plugins = run("plugin", "ls")
    if "kubernetes" not in plugins.stdout:
        pytest.skip("the Kubernetes plugin is not installed: pulumi plugin install resource kubernetes v4.34.2")
    uri = request.getfixturevalue("registry_uri")  # only now: its start takes seconds
    (project / "Pulumi.case.yaml").write_text(STACK.format(uri=uri))
    created = run("stack", "init", "case", "--secrets-provider", "passphrase")
    assert created.returncode == 0, created.stderr
    run.project = project
    return run


def test_engine_plans_the_resources_of_the_offline_preview(pulumi):
    preview = pulumi("preview", "--stack", "case", "--json")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    steps = json.loads(preview.stdout)["steps"]
    offline = run_program(Path(pulumi.project), "case").state
    assert {step["op"] for step in steps} == {"create"}
    assert {step["urn"] for step in steps} == {resource.urn for resource in offline.resources}
    for step in steps:
        planned, ours = step["newState"], offline.resource(step["urn"])
        assert planned["type"] == ours.type
        assert planned.get("parent") == ours.parent
        assert sorted(planned.get("dependencies") or []) == sorted(ours.dependencies)
        if not ours.type.startswith("pulumi:"):
            assert (planned.get("inputs") or {}) == ours.inputs


def test_the_engines_preview_gives_the_report_of_the_offline_preview(pulumi, tmp_path):
    preview = pulumi("preview", "--stack", "case", "--json")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    (tmp_path / "preview.json").write_text(preview.stdout)
    engine = report_document(report_of(plan_between(read_input(tmp_path / "preview.json"))))
    offline = report_document(compare(None, run_program(Path(pulumi.project), "case").state))
    assert [model["name"] for model in engine["models"]] == ["cancer", "iris"]
    assert engine["models"] == offline["models"]
    assert engine["verification"] == offline["verification"]
    assert engine["summary"] == offline["summary"]


def test_engine_runs_the_policy_pack(pulumi):
    preview = pulumi("preview", "--stack", "case", "--policy-pack", "policies")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "mlplatform@v0.1.0" in preview.stdout


def test_engine_is_stopped_by_a_mandatory_rule(pulumi):
    stack_file = Path(pulumi.project) / "Pulumi.case.yaml"
    before = stack_file.read_text()
    stack_file.write_text(before.replace("namespace: models}", "namespace: models, resources: {requests: {cpu: 1}}}"))
    try:
        preview = pulumi("preview", "--stack", "case", "--policy-pack", "policies")
    finally:
        stack_file.write_text(before)
    assert preview.returncode != 0
    assert "container-resources-are-set" in preview.stdout


def test_engine_shows_problems_without_a_traceback(pulumi):
    stack_file = Path(pulumi.project) / "Pulumi.case.yaml"
    before = stack_file.read_text()
    stack_file.write_text(before.replace("alias: champion", "alias: golden").replace('version: "1"', 'version: "9"'))
    try:
        preview = pulumi("preview", "--stack", "case")
    finally:
        stack_file.write_text(before)
    assert preview.returncode != 0
    shown = preview.stdout + preview.stderr
    assert "Pulumi.case.yaml: models[0].alias: " in shown
    assert "Pulumi.case.yaml: models[1].version: " in shown
    assert "Traceback" not in shown
