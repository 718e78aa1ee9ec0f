"""``validate`` as a user runs it: against a sandbox made for the purpose, a running one, and a context."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import psutil
import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "mlplatform" / "sandbox" / "validation" / "validation.schema.json").read_text())
GOOD = """
    kubernetes.core.v1.Namespace("team", metadata={"name": "team"}, opts=opts)
    kubernetes.core.v1.ConfigMap(
        "config", metadata={"name": "config", "namespace": "team"}, data={"key": "value"}, opts=opts
    )
    kubernetes.core.v1.Secret(
        "password", metadata={"name": "password", "namespace": "team"}, type="kubernetes.io/tls",
        string_data=pulumi.Output.secret({"tls.crt": "very-secret", "tls.key": "very-secret"}), opts=opts
    )
    kubernetes.apiextensions.CustomResource(
        "route", api_version="networking.istio.io/v1", kind="Gateway",
        metadata={"name": "gateway", "namespace": "team"},
        spec={"selector": {"istio": "ingress"}, "servers": []}, opts=opts
    )
"""
BAD = """
    kubernetes.apiextensions.CustomResource(
        "budget", api_version="policy/v1", kind="PodDisruptionBudget",
        metadata={"name": "budget", "namespace": "team"}, spec={"minAvailabel": 1}, opts=opts
    )
"""
CHART = """
    kubernetes.helm.v3.Release("missing", chart="charts/missing", name="missing", opts=opts)
"""
PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

def objects():
    opts = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", context="case"))
{body}

objects()
"""


@pytest.fixture
def stack(project):
    """Write a program with these objects; the stack's name is returned."""

    def write(*bodies):
        (project.folder / "__main__.py").write_text(PROGRAM.format(body="".join(bodies)))
        (project.folder / "Pulumi.case.yaml").write_text("config: {}\n")
        return "case"

    return write


@pytest.fixture
def validate(project):
    def run(*arguments, **variables):
        done = project.run("validate", *arguments, **variables)
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.usefixtures("binaries")
def test_good_stack(stack, validate):
    done = validate(stack(GOOD))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Starting a control plane for the validation ..." in done.stderr
    assert "Loading 1 CustomResourceDefinitions ..." in done.stderr
    assert "Validated 4 objects of 'case' against a sandbox made for the purpose (Kubernetes v1." in done.stdout
    assert done.stdout.rstrip().endswith(": nothing found.")
    assert "very-secret" not in done.stdout + done.stderr


@pytest.mark.usefixtures("binaries")
def test_bad_stack_as_json(stack, validate):
    done = validate(stack(BAD, CHART), "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    (finding,) = document["findings"]
    assert finding.pop("message").endswith(".spec.minAvailabel: field not declared in schema")
    assert finding == {
        "severity": "error",
        "urn": "urn:pulumi:case::mlplatform::kubernetes:policy/v1:PodDisruptionBudget::budget",
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "namespace": "team",
        "name": "budget",
    }
    (missing,) = document["notRendered"]
    assert missing["name"] == "missing"
    assert missing["reason"]


def test_running_sandbox_and_what_it_does_not_know(stack, validate, project, binaries):  # noqa: ARG001
    project.run("sandbox", "up")
    try:
        done = validate(stack(GOOD.split("    kubernetes.apiextensions", maxsplit=1)[0]))
        assert "against the running sandbox" in done.stdout
        assert done.returncode == 0, done.stdout
        done = validate(stack(GOOD))
        assert "The running sandbox does not know Gateway: a sandbox is made for the purpose." in done.stderr
        assert done.returncode == 0, done.stdout
    finally:
        project.run("sandbox", "down")


def test_context_of_another_cluster(stack, validate, control_plane):
    done = validate(stack(GOOD), "--kubeconfig", str(control_plane.kubeconfig), "--context", "mlplatform-dev")
    assert "against context 'mlplatform-dev'" in done.stdout
    assert "namespace 'team' is not there yet; validated in 'default'" in done.stdout
    assert control_plane.api.get("/api/v1/namespaces/team").status == 404


def test_context_that_is_not_there(stack, validate, tmp_path):
    (tmp_path / "config").write_text("{apiVersion: v1, kind: Config, clusters: [], users: [], contexts: []}")
    done = validate(stack(GOOD), "--kubeconfig", str(tmp_path / "config"), "--context", "nowhere", "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    (error,) = document["errors"]
    assert error["key"] == "nowhere"


def test_program_that_fails(project, validate):
    (project.folder / "__main__.py").write_text("raise ValueError('broken')\n")
    (project.folder / "Pulumi.case.yaml").write_text("config: {}\n")
    done = validate("case")
    assert done.returncode == 1
    assert "broken" in done.stderr


def test_stack_that_is_not_there(validate):
    done = validate("nothing")
    assert done.returncode == 1
    assert "Pulumi.nothing.yaml" in done.stderr


@pytest.mark.usefixtures("binaries")
# Nothing can be done against the last one: who passes there, mostly passes with the others.
@pytest.mark.parametrize(
    "number",
    [*(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGTERM, signal.SIGINT)), signal.SIGKILL],
)
def test_validation_that_is_ended_leaves_nothing_running(stack, project, number):
    with subprocess.Popen(
        [sys.executable, "-m", "mlplatform", "validate", stack(GOOD)],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(project.folder)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stderr:
            if line.startswith("Loading"):
                break
        process.send_signal(number)
        process.communicate()
    deadline = time.monotonic() + 60
    while (left := _processes_in(project.folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def _processes_in(folder):
    return [
        process.info["name"]
        for process in psutil.process_iter(["name", "cmdline"])
        if any(f"{folder}/mlplatform-sandbox-" in argument for argument in process.info["cmdline"] or [])
    ]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), ("foo: [", "kubeconfig.yaml: "), ("- a list", "kubeconfig.yaml: ")]
)
def test_kubeconfig_that_cannot_be_read_is_one_error(project, content, message):
    project.write()
    if content is not None:
        (project.folder / "kubeconfig.yaml").write_text(content)
    result = project.run("validate", "case", "--kubeconfig", "kubeconfig.yaml")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert message in result.stderr
