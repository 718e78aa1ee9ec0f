"""One happy and one failing stack file per rule; a failing file opens with the very lines that it must give."""

import shutil
from pathlib import Path

import pytest

from mlplatform.config.load import check_stack_file
from mlplatform.config.problems import ProblemsError

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
HAPPY = sorted((FILES / "happy").glob("*.yaml"))
FAILING = sorted((FILES / "failing").glob("*.yaml"))


def load(stack_file: Path, folder: Path):
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copy(stack_file, folder / "Pulumi.case.yaml")
    return check_stack_file(folder, "case")


@pytest.mark.parametrize("stack_file", HAPPY, ids=lambda path: path.stem)
def test_happy_file_is_accepted(stack_file, tmp_path):
    assert load(stack_file, tmp_path).cluster.kind in {"existing", "eks"}


@pytest.mark.parametrize("stack_file", FAILING, ids=lambda path: path.stem)
def test_failing_file_gives_exactly_its_lines(stack_file, tmp_path):
    expected = [line[2:] for line in stack_file.read_text().splitlines() if line.startswith("# ")]
    assert expected
    with pytest.raises(ProblemsError) as caught:
        load(stack_file, tmp_path)
    assert [str(problem) for problem in caught.value.problems] == expected
    assert "hunter2" not in str(caught.value)


def test_every_rule_has_both_files():
    assert [path.name for path in HAPPY] == [path.name for path in FAILING]
