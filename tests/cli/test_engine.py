"""The Pulumi engine on this machine, and a stack of this checkout's own backend; the CLI is a stand-in."""

import json
import stat
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mlplatform.cli.engine import tools
from mlplatform.cli.local_stack import LocalStack
from mlplatform.config.problems import ProblemsError

ON_AWS = Path(__file__).parents[1] / "config" / "files" / "happy" / "aws.yaml"
COMMITTED = "# a comment that stays\nconfig:\n  mlplatform:cluster: {kind: existing, context: c}\n"


def plugins(**versions):
    return json.dumps([{"name": name, "kind": "resource", "version": f"v{found}"} for name, found in versions.items()])


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Put the stand-in on PATH with the pinned plugins; return what it was called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "pulumi"
    script.write_text(f"#!{sys.executable}\n" + (Path(__file__).parent / "fake_pulumi.py").read_text())
    script.chmod(0o755)
    record = tmp_path / "record"
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("FAKE_PULUMI_RECORD", str(record))
    monkeypatch.setenv(
        "FAKE_PULUMI_PLUGINS", plugins(kubernetes=version("pulumi-kubernetes"), random=version("pulumi-random"))
    )
    return lambda: [json.loads(line) for line in record.read_text().splitlines()]


@pytest.fixture
def local(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n")
    (project / "Pulumi.case.yaml").write_text(COMMITTED)
    return LocalStack(project, "case")


@pytest.mark.usefixtures("calls")
def test_complete_engine():
    assert all(tool.usable for tool in tools())


@pytest.mark.usefixtures("calls")
def test_other_plugin_version_will_not_do(monkeypatch):
    monkeypatch.setenv("FAKE_PULUMI_PLUGINS", plugins(kubernetes="4.1.0"))
    found = {tool.name: tool for tool in tools()}
    assert found["kubernetes"].found == ("4.1.0",)
    assert not found["kubernetes"].usable
    assert found["kubernetes"].install == f"pulumi plugin install resource kubernetes v{version('pulumi-kubernetes')}"
    assert found["random"].found == ()


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(("found", "usable"), [("v3.260.0", True), ("v4.0.0", False), ("", False)])
def test_cli_of_the_same_major_version_will_do(monkeypatch, found, usable):
    monkeypatch.setenv("FAKE_PULUMI_VERSION", found)
    assert tools()[0].usable is usable


def test_without_a_cli(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [tool.found for tool in tools()] == [(), (), ()]
    assert f"--version {version('pulumi')}" in tools()[0].install


def test_command_says_how_to_get_what_is_missing(project):
    result = project.run("engine", PATH=str(project.folder))
    assert result.returncode == 1
    assert "get.pulumi.com" in result.stderr
    assert "pulumi plugin install resource kubernetes" in result.stderr
    assert version("pulumi") in result.stdout


def test_what_only_stacks_on_aws_need_is_told_and_missed_by_no_other(project, calls):
    result = project.run("engine")
    assert result.returncode == 0, result.stderr
    assert result.stderr == f"For stacks on AWS also: pulumi plugin install resource aws v{version('pulumi-aws')}\n"
    assert version("pulumi-aws") in result.stdout
    assert calls()


def test_up_without_an_engine_changes_nothing(project):
    project.write()
    before = sorted(path.name for path in project.folder.iterdir())
    result = project.run("local", "up", "case", PATH=str(project.folder))
    assert result.returncode == 1
    assert "get.pulumi.com" in result.stderr
    assert sorted(path.name for path in project.folder.iterdir()) == before


def test_up_refuses_a_cluster_that_is_not_the_sandbox(project, calls):
    project.write()
    result = project.run("local", "up", "case")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith(
        "error: Pulumi.case.yaml: cluster.kubeconfig: is not the sandbox's"
    )
    assert "up" not in {call["arguments"][0] for call in calls()}


def test_up_refuses_a_cluster_on_aws(project, calls):
    project.write(text=ON_AWS.read_text(encoding="utf-8"))
    result = project.run("local", "up", "case")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("error: Pulumi.case.yaml: cluster.kind: is not the sandbox's")
    assert "up" not in {call["arguments"][0] for call in calls()}


def test_up_works_on_its_own_backend_and_leaves_the_committed_file(local, calls, monkeypatch):
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://of-somebody-else")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of somebody else")
    assert local.up()
    assert (local.project / "Pulumi.case.yaml").read_text() == COMMITTED
    last = calls()[-1]
    own = local.project / ".mlplatform" / "pulumi"
    assert last["arguments"][:3] == ["up", "--yes", "--skip-preview"]
    assert str(own / "Pulumi.case.yaml") in last["arguments"]
    assert last["cwd"] == str(local.project)
    assert last["environment"]["PULUMI_BACKEND_URL"] == f"file://{own / 'state'}"
    assert "PULUMI_CONFIG_PASSPHRASE" not in last["environment"]
    passphrase = own / "passphrase"
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    assert last["environment"]["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(passphrase)
    assert passphrase.read_text() not in json.dumps(calls())


def test_second_up_keeps_passphrase_and_salt_and_takes_the_new_configuration(local, calls):
    local.up()
    passphrase = (local.project / ".mlplatform/pulumi/passphrase").read_text()
    (local.project / "Pulumi.case.yaml").write_text(COMMITTED.replace("context: c", "context: d"))
    local.up()
    own = (local.project / ".mlplatform/pulumi/Pulumi.case.yaml").read_text()
    assert own.count("encryptionsalt: v1:c2FsdA==") == 1
    assert "context: d" in own
    assert (local.project / ".mlplatform/pulumi/passphrase").read_text() == passphrase
    assert [call["arguments"][:2] for call in calls()].count(["stack", "init"]) == 1


def test_engine_that_fails_is_a_failure(local, calls, monkeypatch):
    monkeypatch.setenv("FAKE_PULUMI_CODE", "255")
    assert not local.up()
    assert calls()[-1]["arguments"][0] == "up"
    assert "pulumi cancel --yes --stack case" in local.recovery()


def test_destroy_before_any_up_asks_nobody(local, calls, tmp_path):
    (tmp_path / "record").touch()
    assert local.destroy()
    assert calls() == []


def test_destroy_deletes_nothing_where_resources_are_protected(local, calls, monkeypatch):
    local.up()
    monkeypatch.setenv("FAKE_PULUMI_PROTECTED", "yes")
    with pytest.raises(ProblemsError, match="1 resources are protected, so that nothing was deleted: minio; set"):
        local.destroy()
    monkeypatch.delenv("FAKE_PULUMI_PROTECTED")
    assert local.destroy()
    assert [call["arguments"][0] for call in calls()].count("destroy") == 1


def test_backend_that_fails_is_told_with_the_clis_own_words(local, calls, monkeypatch):
    monkeypatch.setenv("FAKE_PULUMI_FAILS", "stack")
    with pytest.raises(ProblemsError, match="stack ls --json` failed: the backend is locked"):
        local.up()
    assert calls()[-1]["arguments"][:2] == ["stack", "ls"]
