"""The prod stack with no account at hand: no credentials, no home, and nothing that leaves this machine."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.mermaid import render_mermaid
from mlplatform.review.render.text import render
from mlplatform.review.report import compare
from mlplatform.review.state.state_file import read_state
from policies.rules import RULES
from tests.cli.conftest import ROOT, Project

WATCH = ROOT / "tests" / "cli" / "no_network"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# What a shell has anyway; no HOME of anybody, no AWS_*, no KUBECONFIG, no proxy.
SHELL = {"PATH": os.defpath, "LANG": "C.UTF-8"}
# check and graph ask nobody whom synth does not; they and the other forms are rendered from what synth wrote.
COMMANDS = {
    "json": ("preview", "prod", "--format", "json"),
    "models": ("models", "prod"),
    "synth": ("synth", "prod", "--output", "out"),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory, registry_uri):
    """Run all commands on prod side by side, each watched; only the port of the registry is another one."""
    project = Project(tmp_path_factory.mktemp("prod"), registry_uri)
    text = (ROOT / "Pulumi.prod.yaml").read_text()
    assert "http://127.0.0.1:5500" in text
    project.write("prod", text.replace("http://127.0.0.1:5500", registry_uri))
    # No link: one out of the project is refused.
    shutil.copytree(ROOT / "locks", project.folder / "locks")
    home = project.folder / "home"
    home.mkdir()
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", "mlplatform", *arguments],
            cwd=project.folder,
            env={
                **SHELL,
                "HOME": str(home),
                "PYTHONPATH": f"{WATCH}{os.pathsep}{ROOT}",
                "NO_NETWORK_RECORD": str(project.folder / f"{name}.attempts"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, arguments in COMMANDS.items()
    }
    ended = {name: (*process.communicate(), process.returncode) for name, process in running.items()}
    return project.folder, ended


def output(results, name):
    return results[1][name][0]


@pytest.fixture(scope="module")
def rendered(results):
    """The report on what synth wrote, in the forms for people; the policies alone; the graph."""
    report = compare(None, read_state(results[0] / "out" / "stack.json"))
    return {
        "text": "\n".join(line.text for line in render(report)),
        "markdown": render_markdown(report, command="mlplatform preview prod"),
        "check": "\n".join(line.text for line in render(report.of_policies())),
        "graph": render_mermaid(report),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_works_and_nothing_leaves_this_machine(results, name):
    folder, ended = results
    _, error, code = ended[name]
    assert code == 0, error
    attempts = folder / f"{name}.attempts"
    assert not attempts.exists(), attempts.read_text()


def test_the_watch_sees_what_would_leave(tmp_path):
    record = tmp_path / "attempts"
    script = "import socket\nsocket.create_connection(('169.254.169.254', 80))"
    environment = {**SHELL, "PYTHONPATH": str(WATCH), "NO_NETWORK_RECORD": str(record)}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "no network in this test" in ended.stderr
    assert "169.254.169.254" in record.read_text()


def test_what_is_served_is_what_is_locked_and_the_registry_agrees(results, rendered):
    data = json.loads(output(results, "json"))
    assert {model["name"]: model["version"] for model in data["models"]} == {
        "iris": "3", "diabetes": "2", "breast-cancer": "2",
    }  # fmt: skip
    (reason,) = data["verification"]["reasons"]
    assert data["verification"]["verified"] is False
    assert reason.startswith("the releases were not compared with their locks: no AWS credentials were found here")
    for name in ("text", "markdown", "check"):
        assert "UNVERIFIED" in rendered[name]
    assert reason in rendered["text"]
    log = results[1]["synth"][1]
    assert reason in log
    for line in output(results, "models").splitlines()[1:4]:
        assert line.endswith("in sync")


def test_prod_is_shown_whole(results, rendered):
    data = json.loads(output(results, "json"))
    state = json.loads((results[0] / "out" / "stack.json").read_text())["deployment"]["resources"]
    assert {resource["urn"] for resource in data["resources"]} == {resource["urn"] for resource in state}
    types = {resource["type"] for resource in state}
    assert {
        "aws:ec2/vpc:Vpc", "aws:ec2/natGateway:NatGateway", "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup",
        "aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:iam/role:Role", "aws:rds/instance:Instance",
        "kubernetes:helm.sh/v3:Release", "kubernetes:serving.kserve.io/v1beta1:InferenceService",
    } <= types  # fmt: skip
    for resource in state:
        assert resource["urn"].rpartition("::")[2] in rendered["text"]


def test_policies_hold_without_an_exception(results, rendered):
    data = json.loads(output(results, "json"))
    assert {verdict["outcome"] for verdict in data["policies"]} == {"undecided"}
    counts = data["summary"]["policies"]
    assert (counts["violated"], sum(counts.values())) == (0, len(RULES))
    assert "violated" not in rendered["check"]


def test_no_secret_and_no_bare_mark_of_the_unknown_is_shown(results, rendered):
    for shown in (output(results, "json"), *rendered.values()):
        assert UNKNOWN not in shown
        assert "get-token" not in shown
    # In the state, marks are the engine's own.
    text = (results[0] / "out" / "stack.json").read_text()
    assert UNKNOWN in text
    assert "get-token" not in text
