import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from mlflow.tracking.client import MlflowClient

from mlplatform.config.problems import ProblemsError
from mlplatform.registry import embedded
from mlplatform.registry.embedded import ServerState
from mlplatform.registry.embedded import process as server_process
from mlplatform.registry.embedded.server import running
from mlplatform.registry.local_address import is_local

pytestmark = pytest.mark.server

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = """
    import sys
    from pathlib import Path
    from mlplatform.registry import embedded
    embedded.up(Path(sys.argv[1]), sys.argv[2], report=lambda line: print(line, flush=True))
    print("done", flush=True)
"""


def port_uri():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Bring the registry up by a command whose output is a pipe, beside a second ``up`` in this process."""
    root = tmp_path_factory.mktemp("project") / ".mlplatform" / "registry"
    root.mkdir(parents=True)
    uri = port_uri()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (root / "server.json").write_text(f'{{"pid": {ended.pid}, "created": 1.5, "uri": "{uri}", "mark": "m"}}')
    command = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(root), uri],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = [command.stdout.readline(), command.stdout.readline()]
    beside = []
    embedded.up(root, uri, report=beside.append)
    # Ends only when nobody holds the pipe any more: neither the command nor the server it started.
    said += command.communicate(timeout=120)[0].splitlines(keepends=True)
    yield root, uri, "".join(said), beside, command.returncode
    embedded.down(root, report=lambda _line: None)


def test_up_ends_and_the_server_stays(started):
    root, uri, said, _, code = started
    assert code == 0, said
    assert said.rstrip().endswith("done")
    status = embedded.status(root, uri)
    assert status.state is ServerState.RUNNING
    assert os.getpgid(status.pid) == status.pid


def test_up_says_that_the_last_server_was_gone_and_what_it_does(started):
    lines = started[2].splitlines()
    assert lines[0].startswith("The embedded registry (process ")
    assert lines[0].endswith("had ended without saying so; starting anew.")
    assert lines[1] == f"Starting the embedded registry at {started[1]} ..."
    assert lines[2:] == [
        "Put in the 3 sample models: breast-cancer-detector, diabetes-regressor, iris-classifier.",
        "done",
    ]


def test_two_at_a_time_start_one_server_and_load_once(started, resolver):
    _, uri, said, beside, _ = started
    assert beside == []
    assert said.count("Starting") == said.count("Put in") == 1
    wanted = ["iris-classifier@champion", "diabetes-regressor@champion", "breast-cancer-detector@challenger"]
    found = resolver(uri, *wanted)
    assert [version.version for version in found] == ["3", "2", "1"]
    assert all(version.storage_uri.startswith("s3://models/") and version.digest for version in found)


def test_seed_is_idempotent(started):
    root, uri, *_ = started
    lines = []
    embedded.seed(root, uri, report=lines.append)
    assert lines[-1] == "The sample models are all there."


def test_a_worker_whose_parent_was_killed_is_still_ours(started):
    root, uri, *_ = started
    record = server_process.read_record(root)
    os.kill(record.pid, signal.SIGKILL)
    assert embedded.status(root, uri).state is ServerState.RUNNING
    lines = []
    embedded.up(root, uri, report=lines.append)
    assert lines == []


def test_another_port_moves_the_server_and_down_ends_it(started):
    root, uri, *_ = started
    other, lines = port_uri(), []
    embedded.up(root, other, report=lines.append)
    assert lines == [
        f"The embedded registry moves from {uri} to {other}.",
        f"Starting the embedded registry at {other} ...",
    ]
    assert embedded.status(root, uri).state is ServerState.STOPPED
    assert embedded.status(root, other).state is ServerState.RUNNING
    assert embedded.down(root, report=lines.append)
    assert lines[-1] == f"Stopped the embedded registry at {other}."
    assert embedded.status(root, other) == embedded.Status(state=ServerState.STOPPED, uri=other)
    assert not embedded.down(root, report=lines.append)
    assert lines[-1] == "The embedded registry is not running."
    assert (root / "mlflow.db").exists()
    assert not embedded.down(root, report=lines.append, purge=True)
    assert lines[-1] == "Removed its models."
    assert [path.name for path in root.iterdir()] == ["lock"]


def problem(action, *arguments):
    with pytest.raises(ProblemsError) as caught:
        action(*arguments, report=lambda _line: None)
    (found,) = caught.value.problems
    assert (found.file, found.key) == ("embedded registry", "registry.uri")
    return found.message


def test_somebody_elses_mlflow_is_left_alone(server, tmp_path):
    lines = []
    embedded.up(tmp_path / "registry", server, report=lines.append)
    assert lines == [
        f"An MLflow server that is not this project's answers at {server}: used as it is, without sample models."
    ]
    assert embedded.status(tmp_path / "registry", server).state is ServerState.FOREIGN
    assert "was not started by this project" in problem(embedded.seed, tmp_path / "registry", server)
    assert not embedded.down(tmp_path / "registry", report=lines.append)


@pytest.mark.parametrize(("status", "text"), [(404, "no"), (200, "hello"), (500, "3.1")])
def test_a_port_in_use_by_something_else(stub, tmp_path, status, text):
    stub.answer("/", status, text)
    port = stub.uri.rpartition(":")[2]
    assert f"port {port} is in use by something that is not an MLflow server" in problem(
        embedded.up, tmp_path, stub.uri
    )


def test_a_port_in_use_by_something_silent(tmp_path, monkeypatch):
    monkeypatch.setattr("mlplatform.registry.embedded.address._ANSWER_SECONDS", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        uri = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "is in use by something" in problem(embedded.up, tmp_path, uri)


def test_a_server_that_ends_at_its_start_says_why(tmp_path):
    root = tmp_path / ".mlplatform" / "registry"
    root.mkdir(parents=True)
    (root / "mlflow.db").write_text("no database")
    message = problem(embedded.up, root, port_uri())
    assert message.startswith("the MLflow server ended at its start: ")
    assert "file is not a database" in message
    assert message.endswith("(see .mlplatform/registry/server.log)")
    assert str(tmp_path) not in message.partition("(see")[2]
    assert server_process.read_record(root) is None


def test_a_registry_with_other_models_stays_as_it_is(tmp_path):
    root, uri = tmp_path / "registry", port_uri()
    with running(root, uri, report=lambda _line: None):
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.create_registered_model("mine")
        lines = []
        embedded.up(root, uri, report=lines.append)
        (line,) = lines
        assert line.startswith("Note: the embedded registry holds other models than this checkout's samples")
        assert line.endswith("mlplatform registry down --purge, then mlplatform registry up.")
        assert [model.name for model in client.search_registered_models()] == ["mine"]
        assert "holds other models" in problem(embedded.seed, root, uri)


def test_seeding_needs_the_server(tmp_path):
    assert "start it with: mlplatform registry up" in problem(embedded.seed, tmp_path, port_uri())


@pytest.mark.parametrize("uri", ["http://mlflow.example.org:5000", "https://127.0.0.1:5500", "sqlite:///mlflow.db"])
def test_only_this_machine(tmp_path, uri):
    assert not is_local(uri)
    assert "is not on this machine" in problem(embedded.up, tmp_path, uri)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5500", "http://localhost:5500/", "http://[::1]:5500"])
def test_local_addresses(uri):
    assert is_local(uri)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1, "uri": "http://127.0.0.1:1"}'])
def test_a_corrupt_record_is_no_record(tmp_path, text):
    (tmp_path / "server.json").write_text(text)
    assert server_process.read_record(tmp_path) is None


def test_another_process_with_the_recorded_number_is_left_alone(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        record = {"pid": other.pid, "created": 1.5, "uri": "http://127.0.0.1:1", "mark": "m"}
        (tmp_path / "server.json").write_text(json.dumps(record))
        assert not server_process.is_alive(server_process.read_record(tmp_path))
        assert not embedded.down(tmp_path, report=lambda _line: None)
        assert other.poll() is None
        other.communicate(b"\n")
