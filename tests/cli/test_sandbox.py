"""The commands of the sandbox as a user runs them."""

import json

import pytest


@pytest.fixture
def sandbox(project, binaries):  # noqa: ARG001 - skipped where the programs cannot be had
    yield project
    project.run("sandbox", "down")


def test_up_status_and_down(sandbox):
    done = sandbox.run("sandbox", "status")
    assert done.returncode == 1
    assert "Start it with: mlplatform sandbox up" in done.stdout

    done = sandbox.run("sandbox", "up")
    assert done.returncode == 0, done.stderr
    assert "The API server is ready at https://127.0.0.1:" in done.stderr
    kubeconfig = sandbox.folder / ".mlplatform" / "sandbox" / "kubeconfig"
    assert json.loads(kubeconfig.read_text())["current-context"] == "mlplatform-dev"

    done = sandbox.run("sandbox", "status")
    assert done.returncode == 0
    assert f"The sandbox is running, admission webhooks are off; kubeconfig: {kubeconfig}" in done.stdout

    done = sandbox.run("sandbox", "up")
    assert (done.returncode, done.stderr) == (0, f"The sandbox is running already: {kubeconfig}\n")

    done = sandbox.run("sandbox", "down", "--purge")
    assert (done.returncode, done.stderr) == (0, "Stopped the sandbox.\nRemoved everything it held.\n")
    assert not kubeconfig.exists()


def test_no_programs_is_an_error_that_says_the_ways(project, tmp_path):
    environment = {"PATH": "/nowhere", "MLPLATFORM_SANDBOX_CACHE": str(tmp_path / "cache"), "KUBEBUILDER_ASSETS": ""}
    # Through a proxy that is not there, nothing is downloaded either.
    done = project.run("sandbox", "up", https_proxy="http://127.0.0.1:9", **environment)
    assert done.returncode == 1
    assert project.run("sandbox", "programs", https_proxy="http://127.0.0.1:9", **environment).stderr == done.stderr
    assert "error: sandbox: the sandbox lacks etcd, kube-apiserver" in done.stderr
    assert "there is no Go on the search path" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage(project):
    assert project.run("sandbox", "sideways").returncode == 64


def test_programs(project, binaries):
    done = project.run("sandbox", "programs")
    assert done.returncode == 0
    assert [line.split(maxsplit=1)[1] for line in done.stdout.splitlines()] == list(map(str, binaries.values()))


def test_cache_folder_that_cannot_be_made_is_one_error(project):
    (project.folder / "home").write_text("no folder")
    home = str(project.folder / "home")
    result = project.run("sandbox", "programs", HOME=home, XDG_CACHE_HOME=f"{home}/cache", KUBEBUILDER_ASSETS="")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "choose a place that can be used" in result.stderr
