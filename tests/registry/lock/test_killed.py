"""``lock`` killed at every step: no lock ever refers to half a release, and the next run finishes."""

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlplatform.registry.release import open_release_store, parts
from tests.object_stores import SMALLEST_PART
from tests.registry.lock.world import FILES

ROOT = Path(__file__).parents[3]
STRIDE = 5
SMALL = {name: FILES[name] for name in ("MLmodel", "model.pkl")}


@pytest.fixture
def runner(s3_server):
    """Return a function that runs ``lock`` in a process of its own and kills it at a step; 0 is never."""
    assert s3_server
    command = [sys.executable, "-m", "tests.registry.lock.killed"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:

        def run(world, step=0):
            request = {"raw": world.raw(), "project": str(world.project), "cache": str(world.cache), "step": step}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer.get("problems", []) == []
            return answer

        yield run
        process.stdin.close()


def locks(world):
    return {path.name: path.read_text() for path in world.folder.path.glob("*.yaml")} if world.project.is_dir() else {}


def start_anew(world, number):
    """An empty bucket, an empty cache and an empty project."""
    client = world.s3.client()
    for upload in client.list_multipart_uploads(Bucket=world.bucket).get("Uploads", ()):
        client.abort_multipart_upload(Bucket=world.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for key in world.s3.keys_of(world.bucket):
        client.delete_object(Bucket=world.bucket, Key=key)
    world.project = world.project.parent / f"project-{number}"
    world.cache = world.project.parent / f"cache-{number}"
    world.project.mkdir()


def check_locks(world):
    """Every lock that is there is whole, and so is its release."""
    read = world.folder.read()
    assert read.problems == {}
    store = open_release_store(world.settings().release_store)
    for lock in read.locks.values():
        entry = lock.variants["default"]
        assert store.check(entry.version.storage_uri, entry.files, full=True) == ()


# Every fifth step, and at night the others: what may fail between two of them, mostly fails at one of them, too.
@pytest.mark.parametrize("first", [1, *(pytest.param(step, marks=pytest.mark.slow) for step in range(2, STRIDE + 1))])
def test_killed_at_every_step_and_run_again(world, runner, monkeypatch, first):
    monkeypatch.setattr(parts, "PART_SIZE", SMALLEST_PART)
    monkeypatch.setattr(parts, "SINGLE_LIMIT", SMALLEST_PART)
    world.register(world.name, {**SMALL, "model.pkl": os.urandom(SMALLEST_PART + 1000)})
    other = f"{world.name}-b"
    world.register(other, SMALL)
    world.deploy("second", other)
    undisturbed = runner(world)
    expected, objects = locks(world), world.s3.keys_of(world.bucket)
    assert set(expected) == {"iris.yaml", "second.yaml"}
    assert undisturbed["steps"] > 20
    locked_in_between = set()
    for step in itertools.count(first, STRIDE):
        start_anew(world, step)
        killed = runner(world, step)
        if killed["signal"] is None:
            break
        assert killed["signal"] == signal.SIGKILL
        check_locks(world)
        between = locks(world)
        assert between.items() <= expected.items()
        locked_in_between.add(len(between))
        assert runner(world)["signal"] is None
        assert locks(world) == expected
        assert world.s3.keys_of(world.bucket) == objects
        assert [path for path in world.folder.path.iterdir() if path.name.startswith(".")] == []
    # Threads take turns: the number of steps may differ by some, never by an order.
    assert abs(step - undisturbed["steps"]) < 10 + STRIDE
    # Five steps apart, not each series meets the moments after both locks, or between them.
    assert {0} < locked_in_between <= {0, 1, 2}
