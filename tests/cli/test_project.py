"""How the command is called: from which folders, its version, help and completion, and what it says of mistakes."""

import re
import sys
from importlib.metadata import version

import pytest

from mlplatform.cli import app as app_module
from mlplatform.cli.project import from_here, project_folder, stack_name
from mlplatform.config.problems import ProblemsError

# As they are used: what an update would do first, what runs on this machine last.
ORDER = (
    "preview", "diff", "check", "validate", "synth", "graph", "settings", "versions", "models", "lock", "engine",
    "registry", "sandbox", "local",
)  # fmt: skip


@pytest.fixture
def call(monkeypatch, capsys):
    """Return a function that calls the command in this process: exit code, standard output, standard error."""

    def run(*arguments, **variables):
        monkeypatch.setattr(sys, "argv", ["mlplatform", *arguments])
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            app_module.main()
        return (ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def stacks(tmp_path, monkeypatch):
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).write_text("name: mlplatform\nruntime: python\n" if name == "Pulumi.yaml" else "config: {}\n")
    below = tmp_path / "docs" / "adr"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return tmp_path


def test_the_project_is_the_nearest_one_upwards(stacks, monkeypatch):
    assert project_folder() == stacks
    assert from_here(stacks / "locks") == "../../locks"
    inner = stacks / "docs" / "Pulumi.yaml"
    inner.write_text("name: inner\nruntime: python\n")
    assert project_folder() == stacks / "docs"
    inner.unlink()
    inner.mkdir()
    assert project_folder() == stacks
    monkeypatch.chdir(stacks)
    assert project_folder() == stacks


def test_a_command_works_below_the_project(stacks, call):
    code, output, _ = call("preview", "nosuch")
    assert code == 1
    assert "Pulumi.nosuch.yaml: there is no such stack file; stacks here: dev, prod" in output
    (stacks / "docs" / "adr" / "old.json").write_text("{")
    assert "error: old.json: " in call("preview", "dev", "--against", "old.json")[1]


def test_outside_of_a_project_the_error_says_what_is_missing(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProblemsError, match="nor a folder above it holds one"):
        project_folder()
    for command in ("preview dev", "models dev", "lock dev", "registry down", "sandbox status"):
        code, output, errors = call(*command.split())
        assert code == 1, command
        assert f"Pulumi.yaml: neither {tmp_path} nor a folder above it holds one" in output + errors


def test_version(call):
    assert call("--version") == (0, f"mlplatform {version('mlplatform')}\n", "")


def test_help_lists_the_commands_in_the_order_of_their_use(call):
    code, output, _ = call("--help")
    assert code == 0
    listed = re.findall(r"^│ ([a-z]+)  ", output, flags=re.MULTILINE)
    assert tuple(listed) == ORDER


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("fly",), "mlplatform"),
        (("--fly",), "mlplatform"),
        (("preview",), "mlplatform preview"),
        (("preview", "dev", "--fromat", "json"), "mlplatform preview"),
        (("preview", "dev", "--format", "xml"), "mlplatform preview"),
        (("registry", "sideways"), "mlplatform registry"),
        (("sandbox", "up", "--fast"), "mlplatform sandbox up"),
    ],
)
def test_wrong_usage_points_to_the_help_of_the_very_command(call, arguments, command):
    code, output, errors = call(*arguments)
    assert (code, output) == (64, "")
    assert errors.endswith(f"\nSay `{command} --help` for how to call it.\n")


def test_no_arguments_show_the_help(call):
    _, output, errors = call()
    assert "preview" in output + errors


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_stacks_and_commands_are_completed(call, monkeypatch, shell):
    # Which shell it is, is told by the processes above this one: sh, where CI runs.
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    code, script, _ = call("--show-completion")
    assert code == 0
    assert f"_MLPLATFORM_COMPLETE=complete_{shell}" in script


def test_completion_names_the_stacks_of_the_project(stacks, call):
    assert stacks
    offered = call(_MLPLATFORM_COMPLETE="complete_bash", COMP_WORDS="mlplatform preview p", COMP_CWORD="2")[1]
    assert offered.split() == ["prod"]


def test_completion_offers_nothing_outside_of_a_project(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    assert call(_MLPLATFORM_COMPLETE="complete_bash", COMP_WORDS="mlplatform preview ", COMP_CWORD="2")[1].split() == []


@pytest.mark.parametrize(
    "written", ["dev", "Pulumi.dev.yaml", "./Pulumi.dev.yaml", "/a/b/Pulumi.dev.yaml", "Pulumi.dev.yml"]
)
def test_a_stack_may_be_named_by_its_file(written):
    assert stack_name(written) == "dev"


@pytest.mark.parametrize("written", ["Pulumi.yaml", "dev.yaml", "my.stack", "pulumi.dev.yaml"])
def test_other_names_are_those_of_stacks(written):
    assert stack_name(written) == written


def test_preview_of_a_stack_file_and_keys_beyond_ascii(project):
    project.write("case", "config:\n  mlplatform:größe: 1\n")
    project.cold = True
    for variables in ({"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}):
        result = project.run("preview", "Pulumi.case.yaml", **variables)
        assert result.returncode == 1
        assert "Traceback" not in result.stdout + result.stderr
        assert "gr\\xf6\\xdfe" in result.stdout
        assert "is an unknown key" in result.stdout
