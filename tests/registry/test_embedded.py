import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from mlflow.tracking.client import MlflowClient

from mlplatform.config.addresses import is_local
from mlplatform.config.models import RegistrySection
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry import embedded
from mlplatform.registry.embedded import ServerState
from mlplatform.registry.embedded import process as server_process
from mlplatform.registry.embedded.server import running

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
    (line,) = lines
    assert line.startswith(f"An MLflow server that is not this project's answers at {server}: used as it is, without")
    assert "choose another port in registry.uri and set registry.embedded: true" in line
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


@pytest.mark.parametrize(
    "uri",
    [
        "http://mlflow.example.org:5000", "https://127.0.0.1:5500", "sqlite:///mlflow.db", "http://127.0.0.1",
        "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:port", "http://[::1", "127.0.0.1:5500",
        "http://127.0.0.1:5500/mlflow", "http://127.0.0.1:5500?token=1", "http://ada:hunter2@127.0.0.1:5500", "",
    ],
)  # fmt: skip
def test_only_this_machine(tmp_path, uri):
    assert not is_local(uri)
    message = problem(embedded.up, tmp_path, uri)
    assert "is not on this machine, or names no port from 1 to 65535" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5500", "http://localhost:5500/", "http://[::1]:5500"])
def test_local_addresses(uri):
    assert is_local(uri)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"pid": "x"}', '{"pid": 1, "uri": "http://127.0.0.1:1"}', "[" * 100_000,
        '{"pid": 1e999, "created": 1, "uri": "http://127.0.0.1:1"}', '{"pid": 0, "created": 1, "uri": "http://::1"}',
        '{"pid": -1, "created": 1, "uri": "http://127.0.0.1:1"}', '{"pid": 7, "created": 1, "uri": "http://other:1"}',
    ],
)  # fmt: skip
def test_a_corrupt_record_is_no_record(tmp_path, text):
    (tmp_path / "server.json").write_text(text)
    assert server_process.read_record(tmp_path) is None


@pytest.mark.parametrize("address", ["in use", "somebody else's", "no port", "not ours to use"])
def test_a_bad_address_stops_nothing(started, stub, server, monkeypatch, address):
    root, _, *_ = started
    here = port_uri()
    embedded.up(root, here, report=lambda _line: None)
    pid = embedded.status(root, here).pid
    stub.answer("/", 200, "hello")
    bad = {"in use": stub.uri, "somebody else's": server, "no port": "http://127.0.0.1:0"}.get(address, port_uri())
    if address == "not ours to use":
        monkeypatch.setattr(
            "mlplatform.registry.embedded.server.listening_fault", lambda _uri: "port 80 cannot be used"
        )
    if address == "somebody else's":
        embedded.up(root, bad, report=lambda _line: None)
    else:
        problem(embedded.up, root, bad)
    assert embedded.status(root, here) == embedded.Status(state=ServerState.RUNNING, uri=here, pid=pid)


def test_a_server_that_does_not_start_at_its_new_address_goes_back(started, monkeypatch):
    root, *_ = started
    here, other = port_uri(), port_uri()
    embedded.up(root, here, report=lambda _line: None)
    start = server_process.start

    def fail(root, uri):
        if uri == other:
            raise ProblemsError([Problem(file="embedded registry", key="registry.uri", message="did not start")])
        return start(root, uri)

    monkeypatch.setattr(server_process, "start", fail)
    lines = []
    with pytest.raises(ProblemsError, match="did not start"):
        embedded.up(root, other, report=lines.append)
    assert lines[-1] == f"Starting the embedded registry at {here} ..."
    assert embedded.status(root, here).state is ServerState.RUNNING
    embedded.down(root, report=lines.append)


def test_a_process_that_an_edited_record_names_exactly_is_left_alone(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", "input()", "mlflow.server"], stdin=subprocess.PIPE, start_new_session=True
    ) as other:
        created = psutil.Process(other.pid).create_time()
        record = {"pid": other.pid, "created": created, "uri": "http://127.0.0.1:1", "mark": "m"}
        (tmp_path / "server.json").write_text(json.dumps(record))
        lines = []
        assert not embedded.down(tmp_path, report=lines.append)
        assert lines == ["The embedded registry is not running."]
        assert other.poll() is None
        other.communicate(b"\n")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"uri": "http://127.0.0.1:5500"}, True),
        ({"uri": "http://localhost:5500/"}, True),
        ({"uri": "http://127.0.0.1:5600"}, False),
        ({"uri": "http://127.0.0.1:5600", "embedded": True}, True),
        ({"uri": "http://127.0.0.1:5500", "embedded": False}, False),
        ({"uri": "https://127.0.0.1:5500"}, False),
        ({"uri": "sqlite:///mlflow.db"}, False),
    ],
)
def test_which_registry_is_the_embedded_one(settings, expected):
    assert RegistrySection.model_validate(settings).is_embedded is expected


def test_another_server_in_place_of_the_embedded_registry_is_told(server, tmp_path):
    port = {"uri": server}
    assert embedded.foreign_notices(tmp_path, RegistrySection.model_validate({**port, "embedded": False})) == ()
    assert (
        embedded.foreign_notices(tmp_path, RegistrySection.model_validate({"uri": port_uri(), "embedded": True})) == ()
    )
    asked = RegistrySection.model_validate({**port, "embedded": True})
    for action in (
        lambda: embedded.foreign_notices(tmp_path, asked),
        lambda: embedded.up(tmp_path, server, report=lambda _line: None, required=True),
    ):
        with pytest.raises(ProblemsError, match="is not this project's embedded registry, which"):
            action()


def test_another_server_at_the_default_address_is_a_notice_of_the_preview(server, tmp_path, monkeypatch):
    monkeypatch.setattr("mlplatform.config.models.EMBEDDED_URI", server)
    (notice,) = embedded.foreign_notices(tmp_path, RegistrySection.model_validate({"uri": server}))
    assert notice.startswith(f"An MLflow server that is not this project's answers at {server}: used as it is")


def test_another_process_with_the_recorded_number_is_left_alone(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        record = {"pid": other.pid, "created": 1.5, "uri": "http://127.0.0.1:1", "mark": "m"}
        (tmp_path / "server.json").write_text(json.dumps(record))
        assert not server_process.is_alive(server_process.read_record(tmp_path))
        assert not embedded.down(tmp_path, report=lambda _line: None)
        assert other.poll() is None
        other.communicate(b"\n")
