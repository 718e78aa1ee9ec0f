"""The sandbox of a checkout: up, status, down, and what may be amiss."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys

import psutil
import pytest

from mlplatform import local_processes
from mlplatform.config.problems import ProblemsError
from mlplatform.sandbox.control_plane import lifecycle
from mlplatform.sandbox.control_plane.api import Api
from mlplatform.sandbox.toolchain.go_build import COMPONENTS
from tests.sandbox.objects import config_map
from tests.sandbox.waiting import applied, wait_for


class Sandbox:
    """A sandbox in a folder, and what its commands say."""

    def __init__(self, root):
        self.root, self.said = root, []

    def up(self, **options):
        self.said.clear()
        return lifecycle.up(self.root, report=self.said.append, **options)

    def down(self, **options):
        self.said.clear()
        return lifecycle.down(self.root, report=self.said.append, **options)

    @property
    def status(self):
        return lifecycle.status(self.root)

    @property
    def record(self):
        return json.loads((self.root / "sandbox.json").read_text())

    @contextlib.contextmanager
    def api(self):
        with contextlib.closing(Api(self.root / "kubeconfig")) as api:
            yield api


@pytest.fixture
def sandbox(tmp_path, binaries, monkeypatch):
    monkeypatch.setattr(lifecycle, "find_binaries", lambda _report: binaries)
    made = Sandbox(tmp_path / "sandbox")
    yield made
    made.down()


@pytest.fixture
def programs(monkeypatch, tmp_path):
    """Programs that are none: each does what its text says."""

    def make(**texts):
        found = {}
        for component in COMPONENTS:
            path = tmp_path / "programs" / component
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!/bin/sh\n{texts.get(component.replace('-', '_'), 'exec sleep 1000')}\n")
            path.chmod(0o755)
            found[component] = path
        monkeypatch.setattr(lifecycle, "find_binaries", lambda _report: found)

    return make


def test_up_again_stop_and_what_it_holds(sandbox):
    kubeconfig = sandbox.up()
    assert kubeconfig == sandbox.root / "kubeconfig"
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
    assert json.loads(kubeconfig.read_text())["current-context"] == "mlplatform-dev"
    assert sandbox.status.running
    with sandbox.api() as api:
        applied(api, config_map("default", key="kept"))
    before, first = kubeconfig.read_text(), sandbox.status.processes

    sandbox.up()
    assert sandbox.said == [f"The sandbox is running already: {kubeconfig}"]
    assert sandbox.status.processes == first

    assert sandbox.down()
    assert not sandbox.status.running
    assert not kubeconfig.exists()
    assert not any(psutil.pid_exists(process.pid) and local_processes.is_alive(process) for process in first)
    assert not sandbox.down()
    assert sandbox.said == ["The sandbox is not running."]

    sandbox.up()
    assert kubeconfig.read_text() == before
    with sandbox.api() as api:
        assert api.get("/api/v1/namespaces/default/configmaps/config").body["data"] == {"key": "kept"}

    sandbox.down(purge=True)
    assert [path.name for path in sandbox.root.iterdir()] == ["lock"]


def test_process_that_was_killed(sandbox):
    sandbox.up()
    killed = next(process for process in sandbox.status.processes if process.name == "kube-apiserver")
    os.kill(killed.pid, signal.SIGKILL)
    wait_for(lambda: not local_processes.is_alive(killed), what="it has ended")
    assert sandbox.status.dead == ("kube-apiserver",)
    assert not sandbox.status.running
    others = [process for process in sandbox.status.processes if process != killed]
    sandbox.up()
    assert sandbox.said[0] == "Of the sandbox, kube-apiserver had ended without being stopped; starting anew."
    assert sandbox.status.running
    assert not any(map(local_processes.is_alive, others))


def test_admission_webhooks_are_switched_by_a_new_start(sandbox):
    sandbox.up()
    sandbox.up(admission_webhooks=True)
    assert sandbox.said[0] == "The sandbox starts anew, with admission webhooks on."
    assert sandbox.status.admission_webhooks


def test_record_of_processes_whose_numbers_are_somebody_elses_now(sandbox):
    sandbox.up()
    record = sandbox.record
    sandbox.down()
    me = psutil.Process()
    stale = {"pid": me.pid, "created": me.create_time() - 1000, "mark": "0" * 32}
    record["processes"] = [{"name": name, **stale} for name in COMPONENTS]
    (sandbox.root / "sandbox.json").write_text(json.dumps(record))
    assert sandbox.status.dead == COMPONENTS
    # This very test would end here if its process were taken for one of the sandbox.
    sandbox.up()
    assert sandbox.status.running


def test_port_that_is_taken_meanwhile(sandbox):
    sandbox.up()
    port = sandbox.record["ports"]["api"]
    sandbox.down()
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        sandbox.up()
        assert sandbox.record["ports"]["api"] != port
        assert sandbox.status.running


def test_unreadable_record(sandbox):
    sandbox.root.mkdir()
    (sandbox.root / "sandbox.json").write_text('{"ports": ')
    assert not sandbox.status.running
    assert not sandbox.down()


def test_process_that_ends_at_its_start(tmp_path, programs):
    programs(kube_apiserver='echo "E0101 00:00:00.000000 1 run.go:72] cannot read the moon" >&2; exit 1')
    sandbox = Sandbox(tmp_path / "sandbox")
    with pytest.raises(ProblemsError, match="kube-apiserver ended at its start") as caught:
        sandbox.up()
    assert "cannot read the moon" in str(caught.value)
    assert str(sandbox.root / "kube-apiserver.log") in str(caught.value)
    # Nothing is left running, not even what started well.
    assert not sandbox.status.running
    assert not any(psutil.pid_exists(item["pid"]) for item in sandbox.record["processes"])
    assert not (sandbox.root / "kubeconfig").exists()


def test_processes_are_stopped_in_reverse(tmp_path, programs, monkeypatch):
    programs()
    sandbox = Sandbox(tmp_path / "sandbox")
    monkeypatch.setattr("mlplatform.sandbox.control_plane.control_plane.ControlPlane._wait", lambda *_: None)
    monkeypatch.setattr("mlplatform.sandbox.control_plane.control_plane.ControlPlane._fill", lambda *_: None)
    sandbox.up()
    stopped = []
    really = local_processes.stop
    monkeypatch.setattr(local_processes, "stop", lambda process: (stopped.append(process.name), really(process)))
    sandbox.down()
    assert stopped == list(reversed(COMPONENTS))


def test_a_stale_or_edited_record_ends_nobody_elses_process(tmp_path):
    """The record names a process that runs, with its right number and its right time: it is still not the sandbox's."""
    sandbox = Sandbox(tmp_path / "sandbox")
    sandbox.root.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        created = psutil.Process(other.pid).create_time()
        item = {"name": "etcd", "pid": other.pid, "created": created, "mark": "0" * 32}
        for process in (item, {**item, "pid": 0}, {**item, "pid": -1}, {**item, "pid": "1"}, {"pid": other.pid}, 7):
            record = {
                "ports": {"api": 1, "etcd": 2, "etcd_peer": 3},
                "admission_webhooks": False,
                "processes": [process],
            }
            (sandbox.root / "sandbox.json").write_text(json.dumps(record))
            assert not sandbox.status.running
            sandbox.down()
            assert other.poll() is None
        other.communicate(b"\n")


def test_process_that_does_not_listen_is_killed(tmp_path):
    log = tmp_path / "log"
    process = local_processes.start(
        "deaf",
        ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"],
        folder=tmp_path,
        log=log,
        environment=os.environ,
    )
    wait_for(lambda: "deaf" in log.read_text(), what="it no longer listens")
    local_processes.stop(process, seconds=0.5)
    assert not local_processes.is_alive(process)


def test_status_without_any_sandbox(tmp_path):
    sandbox = Sandbox(tmp_path / "nowhere")
    assert not sandbox.status.running
    assert not sandbox.down()
    assert not sandbox.root.exists()
