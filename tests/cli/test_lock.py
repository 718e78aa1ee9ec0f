"""``lock`` and the locked mode on the command line: a real registry, an S3 server, the real program."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mlplatform.cli.lock_progress import lock_progress
from tests.cli.conftest import ROOT
from tests.object_stores import ENVIRONMENT
from tests.servers import free_port

IRIS = "{name: iris, registeredModel: iris-classifier, alias: champion, serving: kserve, namespace: models}"
CANCER = "{name: cancer, registeredModel: breast-cancer-detector, version: 1, serving: seldon, namespace: seldon}"
STACK = """config:
  pulumi:disable-default-providers: [kubernetes, aws]
  mlplatform:cluster: {{kind: existing, context: kind-case}}
  mlplatform:registry: {{uri: "{registry}", mode: {mode}, retries: 0, verify: {verify}}}
  mlplatform:releaseStore: {{uri: "s3://{bucket}/prod", endpoint: "{endpoint}"}}
  mlplatform:objectStore: {{existingSecret: model-store}}
  mlplatform:models: [{models}]
"""


class LockedProject:
    """A project with a stack ``prod`` in locked mode."""

    def __init__(self, project, s3):
        self.project, self.s3, self.folder = project, s3, project.folder
        self.facts = {
            "registry": project.uri, "endpoint": s3.endpoint, "bucket": s3.bucket(), "mode": "locked",
            "verify": "required", "models": f"{IRIS}, {CANCER}",
        }  # fmt: skip
        self.variables = {**ENVIRONMENT, "XDG_CACHE_HOME": str(self.folder.parent / f"{self.folder.name}-cache")}
        self.write()

    def write(self, **changes):
        self.facts.update(changes)
        (self.folder / "Pulumi.prod.yaml").write_text(STACK.format(**self.facts))

    def run(self, *arguments, **variables):
        return self.project.run(*arguments, **{**self.variables, **variables})

    def lock_file(self, name="iris"):
        return self.folder / "locks" / "prod" / f"{name}.yaml"

    def keys(self, end):
        return [key for key in self.s3.keys_of(self.facts["bucket"]) if key.endswith(end)]


@pytest.fixture
def locked(project, registry_uri, s3_server):
    assert registry_uri
    return LockedProject(project, s3_server)


def test_lock_preview_and_lock_again(locked, movable, move_alias):
    locked.write(models=f"{IRIS.replace('iris-classifier', movable)}, {CANCER}")
    unlocked = locked.run("preview", "prod")
    assert unlocked.returncode == 1
    assert "models[1].name: has no lock: there is no locks/prod/cancer.yaml" in unlocked.stdout
    first = locked.run("lock", "prod")
    assert first.returncode == 0, first.stderr
    assert [line.split() for line in first.stdout.splitlines()][1][:6] == [
        "iris", movable, "new", "->", "3", "new",
    ]  # fmt: skip
    assert f"download {movable} 3: " in first.stderr
    assert first.stderr.endswith("Review and commit locks/prod.\n")
    recorded = locked.run("preview", "prod", "--baseline", "--format", "json")
    assert recorded.returncode == 0, recorded.stderr
    assert f"s3://{locked.facts['bucket']}/prod/{movable}/sha256-" in recorded.stdout
    move_alias("1")
    moved = locked.run("preview", "prod", "--exit-code")
    again = locked.run("lock", "prod", "iris")
    move_alias("3")
    # Nothing ships, and somebody is told.
    assert moved.returncode == 0, moved.stdout
    assert "now points to version 1; version 3 is locked and served until you run: mlplatform lock prod iris" in (
        moved.stdout
    )
    assert again.returncode == 0, again.stderr
    assert "3 -> 1" in again.stdout
    assert locked.run("preview", "prod", "--exit-code").returncode == 3
    (locked.lock_file()).write_text(locked.lock_file().read_text().replace("createdBy: ", "createdBy: x"))
    edited = locked.run("preview", "prod")
    assert edited.returncode == 1
    assert "locks/prod/iris.yaml: checksum: does not fit the content: somebody edited the file" in edited.stdout


def test_a_preview_reads_every_byte_of_what_changed_and_of_all_on_demand(locked):
    assert locked.run("lock", "prod").returncode == 0
    assert locked.run("preview", "prod", "--baseline").returncode == 0
    # As if the store's checksums could not be trusted: the same checksum over other bytes cannot be made, so the
    # object is looked at where it is read.
    (key,) = [key for key in locked.keys("model.pkl") if "iris" in key]
    body = locked.s3.client().get_object(Bucket=locked.facts["bucket"], Key=key)["Body"].read()
    locked.s3.client().put_object(Bucket=locked.facts["bucket"], Key=key, Body=b"X" + body[1:])
    for options in ((), ("--verify", "full")):
        result = locked.run("preview", "prod", *options)
        assert result.returncode == 1, result.stdout
        assert "variants.default.files: the release at " in result.stdout
        assert "model.pkl" in result.stdout
    assert locked.run("preview", "prod", "--verify", "nothing").returncode == 64
    misspelt = locked.run("preview", "prod", "--verify", "checksums", MLPLATFORM_VERIFY="FULL")
    assert "environment: MLPLATFORM_VERIFY: 'FULL' is neither 'full' nor a deployment of this stack" in misspelt.stdout


def test_whose_files_a_preview_reads(locked, monkeypatch):
    from mlplatform.cli.baseline import read_baseline  # noqa: PLC0415 - imports of a second that only this test needs
    from mlplatform.cli.verification import Verify, verification  # noqa: PLC0415
    from mlplatform.registry.served import VERIFY_VARIABLE  # noqa: PLC0415

    monkeypatch.chdir(locked.folder)
    monkeypatch.delenv(VERIFY_VARIABLE, raising=False)
    assert verification(locked.folder, "prod", None, Verify.CHANGED) == {}
    assert locked.run("lock", "prod").returncode == 0
    assert verification(locked.folder, "prod", None, Verify.CHANGED) == {VERIFY_VARIABLE: "cancer,iris"}
    assert locked.run("preview", "prod", "--baseline").returncode == 0
    known = read_baseline(locked.folder, "prod")
    assert verification(locked.folder, "prod", known, Verify.CHANGED) == {}
    assert verification(locked.folder, "prod", known, Verify.FULL) == {VERIFY_VARIABLE: "full"}
    # The checksums alone, also of what nothing is known of; but never less than the environment asks for.
    assert verification(locked.folder, "prod", None, Verify.CHECKSUMS) == {}
    monkeypatch.setenv(VERIFY_VARIABLE, " iris, full,")
    assert verification(locked.folder, "prod", known, Verify.CHANGED) == {VERIFY_VARIABLE: "full,iris"}
    assert verification(locked.folder, "prod", None, Verify.CHECKSUMS) == {VERIFY_VARIABLE: "full,iris"}
    monkeypatch.setenv(VERIFY_VARIABLE, "iris")
    assert verification(locked.folder, "prod", None, Verify.CHANGED) == {VERIFY_VARIABLE: "cancer,iris"}
    assert verification(locked.folder, "prod", known, Verify.FULL) == {VERIFY_VARIABLE: "full,iris"}
    monkeypatch.delenv(VERIFY_VARIABLE)
    locked.write(models=IRIS.replace("alias: champion", "version: 1"))
    assert locked.run("lock", "prod").returncode == 0
    assert verification(locked.folder, "prod", known, Verify.CHANGED) == {VERIFY_VARIABLE: "iris"}
    # A lock without a deployment is for the program to complain of; its name would mean nothing.
    locked.write(models=CANCER)
    assert locked.lock_file().exists()
    assert verification(locked.folder, "prod", None, Verify.CHANGED) == {}
    locked.write(mode="live")
    assert verification(locked.folder, "prod", known, Verify.CHANGED) == {}
    assert verification(locked.folder, "nothing", known, Verify.CHANGED) == {}


def test_a_registry_in_an_outage(locked, dead_uri):
    assert locked.run("lock", "prod").returncode == 0
    locked.write(registry=dead_uri)
    assert locked.run("preview", "prod").returncode == 1
    assert locked.run("lock", "prod").returncode == 1
    locked.write(verify="whenReachable")
    result = locked.run("preview", "prod", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["errors"] == []
    assert "the locks were not compared with the registry" in result.stdout
    assert "UNVERIFIED" in locked.run("preview", "prod").stdout


def test_what_cannot_be_locked(locked, dead_uri):
    unknown = locked.run("lock", "prod", "nobody")
    assert unknown.returncode == 1
    assert unknown.stderr == (
        "error: Pulumi.prod.yaml: models: there is no deployment 'nobody'; its deployments are iris, cancer (line 7)\n"
    )
    assert locked.run("lock", "staging").returncode == 1
    assert locked.run("lock").returncode == 64
    locked.write(endpoint=dead_uri)
    silent = locked.run("lock", "prod")
    assert silent.returncode == 1
    assert "releaseStore.endpoint" in silent.stderr
    assert "Traceback" not in silent.stderr
    assert not (locked.folder / "locks").exists()
    locked.write(models="")
    assert locked.run("lock", "prod").stderr == "prod has no models: nothing to lock.\n"


def test_what_is_locked_is_shown_although_the_next_lock_cannot_be_written(locked):
    # A folder where the file would be written.
    locked.lock_file("cancer").mkdir(parents=True)
    result = locked.run("lock", "prod")
    assert result.returncode == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["Deployment", "iris"]
    assert "locks/prod/cancer.yaml: cannot be written (Is a directory)" in result.stderr
    assert "Not locked: cancer. What is locked stays; then run: mlplatform lock prod cancer" in result.stderr


def test_locks_of_retired_deployments_are_removed_and_shown(locked):
    assert locked.run("lock", "prod").returncode == 0
    locked.write(models=IRIS)
    result = locked.run("lock", "prod")
    assert result.returncode == 0
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("cancer")]
    assert "removed" in line
    assert not locked.lock_file("cancer").exists()


def test_ctrl_c_ends_it_at_once_and_the_next_run_goes_on(locked):
    # A store that accepts connections and never answers.
    import socket  # noqa: PLC0415 - only here

    with socket.create_server(("127.0.0.1", free_port())) as silent:
        locked.write(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        command = [sys.executable, "-m", "mlplatform", "lock", "prod"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **locked.variables}
        with subprocess.Popen(
            command, cwd=locked.folder, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr.readline().startswith("Resolving iris, cancer")
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            said = process.stderr.read()
            assert process.wait() == 1
    assert "Stopped. What is locked stays; run the same command again to go on." in said
    locked.write(endpoint=locked.s3.endpoint)
    assert locked.run("lock", "prod").returncode == 0


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_progress_of_a_long_transfer(stream):
    total = 512 * 1024 * 1024
    with lock_progress(stream) as progress:
        progress.say("Resolving [b]iris[/b] ...")
        progress.begin("download iris[/b] 3", total)
        for _ in range(64):
            progress.advance(total // 64)
        progress.end()
        progress.begin("download unknown", 0)
        progress.advance(10)
        progress.end()
    said = stream.getvalue()
    assert "Resolving [b]iris[/b] ..." in said
    if not stream.isatty():
        lines = said.splitlines()
        assert lines[1:3] == ["download iris[/b] 3: 512.0 MiB ...", "download iris[/b] 3: 56.0 MiB of 512.0 MiB"]
        assert len(lines) == 2 + 9 + 1
