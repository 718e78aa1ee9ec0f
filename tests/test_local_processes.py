"""A process is recognised for ever, and nothing else is taken for it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from mlplatform.local_processes import LocalProcess, is_alive, last_lines, start, stop
from tests.sandbox.waiting import wait_for

# Starts a worker that names itself, says its number, and waits.
LEADER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "the-worker"])
print(worker.pid, flush=True)
time.sleep(1000)
"""


@pytest.fixture
def leader(tmp_path):
    log = tmp_path / "log"
    process = start("leader", [sys.executable, "-c", LEADER], folder=tmp_path, log=log, environment=os.environ)
    wait_for(lambda: last_lines(log), what="its worker runs")
    yield process, int(last_lines(log)[0])
    stop(process, is_worker=is_worker)


def is_worker(command):
    return "the-worker" in command


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_what_is_stopped_goes_with_all_that_it_started(leader):
    process, worker = leader
    assert is_alive(process)
    stop(process)
    assert not is_alive(process, is_worker=is_worker)
    assert gone(worker)


def test_a_worker_goes_on_when_only_its_leader_was_killed(leader):
    process, worker = leader
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(process), what="it has ended")
    wait_for(lambda: is_alive(process, is_worker=is_worker), what="its worker shows its command line")
    stop(process)
    assert not gone(worker), "without knowing workers, nobody can say whose group that is"
    stop(process, is_worker=is_worker)
    assert gone(worker)


def test_another_process_of_the_same_number_is_left_alone(leader):
    process, worker = leader
    other = replace(process, created=process.created - 1)
    assert not is_alive(other, is_worker=is_worker)
    stop(other, is_worker=is_worker)
    assert is_alive(process)
    assert not gone(worker)


def test_a_process_of_another_command_is_recognised():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        assert not is_alive(LocalProcess(name="other", pid=other.pid, created=0.0, mark="m"))
        other.communicate(b"\n")


def test_what_a_record_names_is_left_alone_where_the_process_does_not_say_the_same(leader):
    """A record may be stale or edited: with the right number and the right time, it still names somebody else's."""
    process, worker = leader
    for mark in ("", "0" * 32):
        foreign = replace(process, mark=mark)
        assert not is_alive(foreign, is_worker=is_worker)
        stop(foreign, is_worker=is_worker)
    assert is_alive(process)
    assert not gone(worker)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("pid", pid) for pid in (0, 1, -1, 1.5, "12", True, None)),
        *(("mark", mark) for mark in ("", None)),
        *(("created", created) for created in ("now", None)),
        ("name", 1),
    ],
)
def test_a_record_that_names_no_process_is_none(field, value):
    record = {"name": "etcd", "pid": 4242, "created": 1.0, "mark": "m"}
    assert LocalProcess.of_record(record).pid == 4242
    with pytest.raises((TypeError, ValueError)):
        LocalProcess.of_record({**record, field: value})
    with pytest.raises(KeyError):
        LocalProcess.of_record({key: item for key, item in record.items() if key != field})


def test_last_lines(tmp_path):
    assert last_lines(tmp_path / "log") == []
    (tmp_path / "log").write_bytes(b"first\n\n  last \xff \n")
    assert last_lines(tmp_path / "log") == ["last \ufffd", "first"]
