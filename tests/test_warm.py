"""Forked processes are as new ones."""

import subprocess
import sys

import pytest

from mlplatform.review.engine.program import ProgramError, run_program
from tests import warm

PROGRAM = """
import os, sys, pulumi
print("printed", file=sys.stdout)
pulumi.export("pulumi_kubernetes", "pulumi_kubernetes" in sys.modules)
pulumi.export("variable", os.environ.get("ONLY_FOR_THIS"))
pulumi.export("folder", os.getcwd())
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def test_a_program_is_forked_with_the_imports_of_those_before_it(folder, monkeypatch):
    (folder / "__main__.py").write_text("import pulumi_kubernetes\n")
    run_program(folder, "dev")
    (folder / "__main__.py").write_text(PROGRAM)
    monkeypatch.setenv("ONLY_FOR_THIS", "yes")
    result = run_program(folder, "dev")
    assert result.log == "printed\n"
    assert dict(result.state.root.outputs) == {"pulumi_kubernetes": True, "variable": "yes", "folder": str(folder)}
    monkeypatch.delenv("ONLY_FOR_THIS")
    assert "variable" not in run_program(folder, "dev").state.root.outputs


def test_a_fork_that_does_not_end_is_ended(folder):
    (folder / "__main__.py").write_text("while True: pass")
    with pytest.raises(ProgramError, match=r"did not end within 0\.5 seconds"):
        run_program(folder, "dev", timeout=0.5)


@pytest.mark.parametrize(("arguments", "code"), [(("--help",), 0), (("fly",), 64)])
def test_a_command_line_says_and_ends_as_a_new_process_does(folder, arguments, code):
    options = {"cwd": folder, "capture_output": True, "text": True}
    command = [sys.executable, "-m", "mlplatform", *arguments]
    forked, new = warm.run(command, **options), subprocess.run(command, check=False, **options)
    assert (forked.returncode, forked.stdout, forked.stderr) == (new.returncode, new.stdout, new.stderr)
    assert new.returncode == code


def test_whatever_is_no_program_of_ours_is_started_as_ever():
    command = [sys.executable, "-c", "print('new')"]
    assert warm.run(command, capture_output=True, text=True, check=False).stdout == "new\n"
