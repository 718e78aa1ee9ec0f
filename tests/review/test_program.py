import contextvars
import io
import json
import os
import sys
import textwrap

import pytest

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.review.engine import worker
from mlplatform.review.engine.program import ProgramError, run_program
from mlplatform.review.state.property_values import UNKNOWN
from mlplatform.review.state.state_file import read_state, write_state
from tests import warm


@pytest.fixture(scope="module", autouse=True)
def _new_processes():
    """Here programs run as a user's do."""
    with warm.programs(warm=False):
        yield


@pytest.fixture
def project(tmp_path):
    def write(program, *, config="{}", project="name: proj\nruntime: python\n", file="__main__.py"):
        (tmp_path / "Pulumi.yaml").write_text(project, encoding="utf-8")
        (tmp_path / "Pulumi.dev.yaml").write_text(config, encoding="utf-8")
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(program), encoding="utf-8")
        return tmp_path

    return write


def test_a_program_runs_in_its_own_process_with_its_own_modules(project):
    folder = project(
        """
        import os, sys, pulumi
        from answers import ANSWER  # the program's own module
        print("to the log", file=sys.stdout)
        print("and this", file=sys.stderr)
        config = pulumi.Config()
        pulumi.log.warn("careful")
        pulumi.export("answer", ANSWER)
        pulumi.export("cwd", os.path.basename(os.getcwd()) == os.path.basename(pulumi.runtime.get_root_directory()))
        pulumi.export("variable", os.environ["MARK"])
        pulumi.export("structured", config.require_object("structured"))
        pulumi.export("secret", config.require_secret("password"))
        pulumi.export("names", [pulumi.get_project(), pulumi.get_stack(), __name__])
        """,
        config="config: {structured: {a: [1, true]}, password: {secure: v1:abc}}",
    )
    (folder / "answers.py").write_text("ANSWER = 42\n", encoding="utf-8")
    result = run_program(folder, "dev", env={"MARK": "here"})
    assert result.state.root is not None
    outputs = dict(result.state.root.outputs)
    assert outputs.pop("secret")["ciphertext"] == "[unknown secret]"
    assert outputs == {
        "answer": 42,
        "cwd": True,
        "variable": "here",
        "structured": {"a": [1, True]},
        "names": ["proj", "dev", "__main__"],
    }
    assert [(message.severity, message.text) for message in result.messages] == [("warning", "careful")]
    assert set(result.log.splitlines()) == {"to the log", "and this"}


def test_the_state_of_a_run_survives_a_file(project, tmp_path):
    folder = project(
        """
        import pulumi
        class Part(pulumi.ComponentResource):
            def __init__(self, name, props=None, opts=None):
                super().__init__("my:mod:Part", name, props, opts)
        options = pulumi.ResourceOptions(protect=True, delete_before_replace=True)
        Part("a", {"u": pulumi.Output.secret("x")}, options)
        """
    )
    state = run_program(folder, "dev").state
    write_state(state, tmp_path / "stack.json")
    first = (tmp_path / "stack.json").read_bytes()
    assert read_state(tmp_path / "stack.json") == state
    write_state(run_program(folder, "dev").state, tmp_path / "stack.json")
    assert (tmp_path / "stack.json").read_bytes() == first


def test_problems_cross_the_border_of_the_process_as_they_are(project):
    folder = project(
        """
        import pulumi
        class Problem:
            file, key, message = "Pulumi.dev.yaml", "models[0].alias", "is required"
        class ProblemsError(pulumi.RunError):
            problems = (Problem, Problem)
        raise ProblemsError("both")
        """
    )
    with pytest.raises(ProblemsError) as caught:
        run_program(folder, "dev")
    assert caught.value.problems == (Problem(file="Pulumi.dev.yaml", key="models[0].alias", message="is required"),)


def test_a_dying_process_and_an_endless_one_are_errors(project):
    with pytest.raises(ProgramError, match=r"ended with code 7 before it was done") as caught:
        run_program(project("import os\nprint('last words', flush=True)\nos._exit(7)"), "dev")
    assert caught.value.log == "last words\n"
    with pytest.raises(ProgramError, match=r"did not end within 0\.5 seconds"):
        run_program(project("while True: pass"), "dev", timeout=0.5)


def test_main_of_the_project_file_names_the_program(project):
    folder = project(
        "import pulumi, beside; pulumi.export('x', beside.X)",
        project="name: proj\nruntime: python\nmain: src/start.py\n",
        file="src/start.py",
    )
    (folder / "src" / "beside.py").write_text("X = 1", encoding="utf-8")
    root = run_program(folder, "dev").state.root
    assert root is not None
    assert root.outputs == {"x": 1}


def test_a_missing_program_or_stack_is_a_problem_of_the_project(project):
    folder = project("")
    (folder / "__main__.py").unlink()
    with pytest.raises(ProblemsError, match=r"__main__\.py: there is no such file"):
        run_program(folder, "dev")
    with pytest.raises(ProblemsError, match=r"stacks here: dev"):
        run_program(folder, "other")


def test_an_exception_is_shown_with_the_programs_own_frames_only(offline):
    message = offline.error("import pulumi\ndef deep():\n    raise ValueError('no')\ndeep()\n")
    assert message.splitlines() == [
        "the program failed with an unhandled exception:",
        "  __main__.py:4 in <module>",
        "    deep()",
        "  __main__.py:3 in deep",
        "    raise ValueError('no')",
        "ValueError: no",
    ]


def test_an_exception_in_an_apply_is_an_error(offline):
    message = offline.error("import pulumi\npulumi.export('x', pulumi.Output.from_input(1).apply(lambda x: x / 0))\n")
    assert message.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "site-packages" not in message


def test_a_syntax_error_names_its_line_without_the_machines_paths(offline):
    message = offline.error("x = = 1")
    assert 'File "__main__.py", line 1' in message
    assert str(offline.folder) not in message


def test_a_run_error_is_its_message_and_nothing_else(offline):
    assert offline.error("import pulumi\nraise pulumi.RunError('just this')") == "just this"


def test_a_program_may_end_itself_without_an_error_only(offline):
    assert offline.error("import sys; sys.exit(3)") == "the program ended itself: sys.exit(3)"
    program = "import sys, pulumi; pulumi.export('x', 1); sys.exit(0)"
    assert offline.resources(program)["proj-dev"].outputs == {"x": 1}


def test_async_programs_run_to_their_end(offline):
    found = offline.resources(
        """
        import asyncio, pulumi
        async def main():
            await asyncio.sleep(0)
            return {"x": 1}
        pulumi.run(main)
        """
    )
    assert found["proj-dev"].outputs == {"x": 1}


def test_nothing_of_a_run_is_unknown_that_the_configuration_tells(offline):
    found = offline.answer("import pulumi; pulumi.export('x', pulumi.Config().require('x'))", config={"proj:x": "1"})
    assert UNKNOWN not in json.dumps(found)


def test_the_worker_answers_in_a_file(offline, tmp_path, monkeypatch):
    # In this process: what is covered in the worker's own cannot be measured.
    offline.folder.mkdir()
    (offline.folder / "__main__.py").write_text("import pulumi; pulumi.export('x', 1)", encoding="utf-8")
    request = {"project": "proj", "stack": "dev", "organization": "o", "config": {}, "secret_keys": [],
               "root_directory": str(offline.folder), "program": str(offline.folder)}  # fmt: skip
    joined = []
    monkeypatch.setattr(os, "dup2", lambda *handles: joined.append(handles))
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    monkeypatch.setattr(sys, "argv", ["worker", str(tmp_path / "result.json")])
    assert contextvars.copy_context().run(worker.main) == 0
    assert joined == [(2, 1)]
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert set(result) == {"document", "messages"}
