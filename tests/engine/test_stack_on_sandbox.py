"""The whole dev stack brought up, changed and taken down on a real control plane by the real engine and the real Helm.

Needs what a user would download: the Pulumi CLI with its plugins, and the charts in a folder (``MLPLATFORM_CHARTS``).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlplatform.cli.engine import tools
from mlplatform.cli.local_stack import LocalStack
from tests.platform.stacks import project_with
from tests.servers import registry_service

ROOT = Path(__file__).parents[2]
CHARTS = os.environ.get("MLPLATFORM_CHARTS")


@pytest.fixture(scope="module")
def charts():
    missing = [f"{tool.name} {tool.pinned}" for tool in tools() if not tool.usable]
    if missing:
        pytest.skip(f"no real engine: {', '.join(missing)} missing; see mlplatform engine")
    if not CHARTS:
        pytest.skip("MLPLATFORM_CHARTS names no folder of .tgz files to install charts from")
    return CHARTS


@pytest.fixture(scope="module")
def stack(charts, binaries, tmp_path_factory):
    """A project of its own with its own sandbox and registry; taken down at the end whatever happened."""
    assert binaries
    folder = tmp_path_factory.mktemp("stack") / "project"
    # Of its own, as an alias is moved in it.
    with registry_service(tmp_path_factory.mktemp("stack-registry")) as (registry, _):
        uri = registry["uri"]
        project_with(folder, {"mirror": {"charts": charts}}, uri)
        (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)

        def run(*arguments):
            result = subprocess.run(
                [sys.executable, "-m", "mlplatform", *arguments],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert result.returncode == 0, result.stdout + result.stderr
            return result.stdout

        run.folder, run.uri = folder, uri
        try:
            yield run
        finally:
            run("local", "down", "dev")


def export(stack):
    local = LocalStack(stack.folder, "dev")
    state = local._run("stack", "export", "--stack", "dev", cwd=stack.folder)
    (stack.folder / "export.json").write_text(state)
    return json.loads(state)


def preview(stack):
    local = LocalStack(stack.folder, "dev")
    options = ("--stack", "dev", "--config-file", str(local._stack_file))
    return local._run("preview", "--json", *options, cwd=stack.folder)


def without_links(models):
    found = json.loads(json.dumps(models))
    for side in (variant[key] for model in found for variant in model["variants"] for key in ("before", "after")):
        side["runUrl"] = None
    return found


def report(stack):
    """Return the offline preview against what is deployed."""
    return json.loads(stack("preview", "dev", "--against", "export.json", "--format", "json"))


def test_stack_comes_up_from_nothing_and_the_offline_preview_agrees(stack):
    shown = stack("local", "up", "dev")
    assert "created" in shown
    deployed = export(stack)
    assert len(deployed["deployment"]["resources"]) > 150
    assert [each for each in report(stack)["resources"] if each["op"] != "same"] == []


def test_unchanged_stack_stays_unchanged(stack):
    shown = stack("local", "up", "dev")
    counts = shown[shown.index("Resources:") :].split()
    assert "unchanged" in counts
    assert not {"created", "updated", "replaced", "deleted"} & set(counts)


def test_state_holds_no_secret_in_plain_text(stack):
    deployed = export(stack)
    text = json.dumps(deployed)
    passphrase = (stack.folder / ".mlplatform/pulumi/passphrase").read_text()
    assert passphrase not in text
    passwords = [each for each in deployed["deployment"]["resources"] if each["type"].endswith("RandomPassword")]
    assert passwords
    for each in passwords:
        assert set(each["outputs"]["result"]) == {"4dabf18193072939515e22adb298388d", "ciphertext"}


def test_moved_alias_changes_exactly_the_objects_of_its_model(stack):
    from mlflow import MlflowClient  # noqa: PLC0415 - two seconds that only this test needs

    MlflowClient(stack.uri).set_registered_model_alias("iris-classifier", "champion", "1")
    offline = report(stack)
    assert {each["name"] for each in offline["resources"] if each["op"] != "same"} == {"iris"}
    # What the engine itself would do, as a report of the same change; alone, it lists the changed model only.
    (stack.folder / "preview.json").write_text(preview(stack))
    engine, alone = (
        json.loads(stack("diff", *files, "--format", "json"))
        for files in (["export.json", "preview.json"], ["preview.json"])
    )
    assert engine["models"] == offline["models"]
    # Where the runs can be looked at is told by a component that stays the same, so that it is not listed.
    changed = [each for each in offline["models"] if each["kind"] == "changed"]
    assert without_links(alone["models"]) == without_links(changed) != changed
    assert engine["summary"] == offline["summary"]
    # The engine does not count the default provider, of the generated passwords.
    resources = offline["summary"]["resources"]
    assert alone["summary"]["resources"] == {**resources, "same": resources["same"] - 1}
    assert engine["verification"] == offline["verification"]
    assert alone["verification"]["mode"] is None
    shown = stack("local", "up", "dev")
    assert "2 updated" in " ".join(shown[shown.index("Resources:") :].split())


def test_teardown_leaves_nothing(stack):
    stack("local", "down", "dev")
    assert "resources" not in export(stack)["deployment"] or export(stack)["deployment"]["resources"] is None
    assert not list((stack.folder / ".mlplatform/sandbox").glob("kubeconfig"))
