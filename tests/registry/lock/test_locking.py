"""From the configuration to releases and lock files, with a real MLflow server over HTTP and an S3 server."""

import errno
import os
import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from mlplatform.registry.digest import digest_directory
from mlplatform.registry.lock.artifacts import _release_store_fault
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.release import parts, release_uri
from mlplatform.registry.resolve.registered_version import RegisteredVersion
from tests.registry.lock.world import FILES, MLMODEL

MIB = 1024 * 1024
NAMES = sorted(FILES)


def model_id(record):
    return record.source.removeprefix("models:/")


def test_a_lock_is_what_the_registry_says_and_the_release_what_it_has(world, client):
    outcome = world.lock()
    (result,) = outcome.results
    assert (result.deployment, result.old, result.written, outcome.problems) == ("iris", None, True, ())
    version, files = world.entry("iris").version, world.entry("iris").files
    record = client.get_model_version(world.name, "1")
    assert version == result.new.version
    assert (version.registered_model, version.version, version.alias) == (world.name, "1", "champion")
    assert (version.model_id, version.run_id) == (record.source.removeprefix("models:/"), record.run_id)
    assert version.experiment_id == client.get_run(record.run_id).info.experiment_id
    assert version.source == f"models:/{version.model_id}"
    assert version.artifact_uri.startswith("mlflow-artifacts:/")
    assert version.created_at == record.creation_timestamp
    assert version.created_by is not None
    assert version.metrics == {"accuracy": 0.9}
    assert version.params == {"C": "1.0", "depth": "4"}
    assert version.requirements == ("mlflow==3.17.2", "scikit-learn==1.9.1")
    assert version.signature["outputs"] == [{"type": "long"}]
    assert version.digest == digest_directory(world.artifact())
    assert version.size == sum(len(content) for content in FILES.values())
    assert [file.path for file in files] == NAMES
    assert version.storage_uri == release_uri(world.store_uri, world.name, version.digest)
    assert world.s3.keys_of(world.bucket, world.key()) == [world.key(path) for path in NAMES]
    assert world.served().versions == {"iris": version}


def test_nothing_of_the_moment_or_the_machine_is_in_a_lock(world, tmp_path):
    world.lock()
    text = world.text("iris")
    assert str(tmp_path) not in text
    assert world.proxy.uri not in text
    assert world.store.endpoint not in text
    # Elsewhere, later, with nothing cached: the same bytes of file.
    world.folder.remove("iris")
    shutil.rmtree(world.cache)
    world.lock()
    assert world.text("iris") == text


def test_a_second_run_reads_all_and_writes_nothing(world):
    world.lock()
    before = world.text("iris")
    assert world.fetched() == NAMES
    world.forget()
    (result,) = world.lock().results
    # The registry tells no more than sizes: only who reads the bytes knows that they are the same.
    assert (result.written, world.text("iris"), world.fetched()) == (False, before, NAMES)
    assert world.store.sent("put_object", "create_multipart_upload") == []


@pytest.mark.parametrize("lost", ["cache", "lock", "release"])
def test_what_is_lost_is_found_again(world, lost):
    world.lock()
    before = world.text("iris")
    world.forget()
    if lost == "cache":
        shutil.rmtree(world.cache)
    elif lost == "lock":
        world.folder.remove("iris")
    else:
        for path in FILES:
            world.s3.client().delete_object(Bucket=world.bucket, Key=world.key(path))
    (result,) = world.lock().results
    assert result.written == (lost == "lock")
    assert world.text("iris") == before
    assert world.fetched() == NAMES
    assert world.served().versions


def test_one_artifact_is_downloaded_once_for_all_its_deployments(world, client):
    client.set_registered_model_alias(world.name, "stable", "1")
    world.deploy("stable", world.name, alias="stable")
    world.deploy("fixed", world.name, version="1")
    world.lock()
    assert world.fetched() == NAMES
    assert {name: world.entry(name).version.alias for name in ("iris", "stable", "fixed")} == {
        "iris": "champion", "stable": "stable", "fixed": None,
    }  # fmt: skip
    assert len({world.entry(name).version.storage_uri for name in ("iris", "stable", "fixed")}) == 1
    assert len(world.served().versions) == 3


def test_one_artifact_under_two_names_has_a_release_for_each(world, client):
    copied = f"{world.name} copied"
    client.create_registered_model(copied)
    client.create_model_version(copied, world.version.source, model_id=model_id(world.version))
    world.deploy("copy", copied, version="1")
    world.lock()
    assert world.fetched() == NAMES
    one, other = world.entry("iris").version, world.entry("copy").version
    assert one.digest == other.digest
    assert one.storage_uri != other.storage_uri
    assert len(world.served().versions) == 2


def test_no_bytes_stay_on_this_machine(world):
    world.lock()
    kept = [path for path in (world.cache / "artifacts").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert kept == []


def test_leftovers_of_long_ago_are_removed(world):
    old, new = world.cache / "artifacts" / "old", world.cache / "artifacts" / "new"
    for folder in (old, new):
        (folder / "files").mkdir(parents=True)
    os.utime(old, (time.time() - 8 * 24 * 3600,) * 2)
    world.lock()
    assert not old.exists()
    assert new.exists()


def test_an_alias_that_moved_is_followed_by_the_lock_alone(world):
    world.lock()
    world.register(world.name, {**FILES, "model.pkl": b"better weights"}, accuracy=0.95)
    served = world.served()
    assert served.versions["iris"].version == "1"
    (result,) = world.lock("iris").results
    assert (result.old.version.version, result.new.version.version, result.written) == ("1", "2", True)
    assert world.served().versions["iris"].version == "2"
    assert world.served().notices == ()


def test_locks_of_deployments_that_are_gone_are_removed_by_a_run_for_all(world):
    world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    world.lock()
    del world.models[1]
    world.lock("iris")
    assert world.folder.path_of("second").exists()
    (_, removed) = world.lock().results
    assert (removed.deployment, removed.old.version.version, removed.new) == ("second", "1", None)
    assert not world.folder.path_of("second").exists()
    world.models.clear()
    assert [result.new for result in world.lock().results] == [None]


def test_some_models_are_locked_without_a_look_at_the_others(world):
    world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    world.deploy("third", "there-is-no-such-model")
    assert [result.deployment for result in world.lock("second", "iris").results] == ["iris", "second"]


def test_a_stack_in_live_mode_can_be_locked_before_it_is_switched(world):
    world.lock(mode="live")
    assert world.served().versions["iris"].version == "1"


def test_a_lock_that_cannot_be_used_is_written_anew(world):
    world.lock()
    before = world.text("iris")
    world.folder.path_of("iris").write_text(before.replace('version: "1"', 'version: "2"'))
    assert any("checksum" in key for key in world.refused())
    world.lock()
    assert world.text("iris") == before
    assert "locks/prod/iris.yaml cannot be used and is written anew." in world.progress.lines


def test_a_stack_without_release_store(world):
    world.store_settings = None
    assert "is required to lock" in world.refused(lambda: world.lock(mode="live"))["Pulumi.prod.yaml: releaseStore"]


def test_names_that_are_no_deployments(world):
    problems = world.refused(lambda: world.lock("iris", "irsi", "nobody"))
    assert problems == {"Pulumi.prod.yaml: models": "there is no deployment 'nobody'; its deployments are iris"}
    assert world.proxy.requests == []


def test_nothing_is_downloaded_where_anything_cannot_be_resolved(world, client):
    world.deploy("alias", world.name, alias="golden")
    world.deploy("model", "there-is-no-such-model")
    run = client.get_run(world.version.run_id)
    empty = client.create_model_version(world.name, f"{run.info.artifact_uri}/nothing", run_id=run.info.run_id)
    world.deploy("empty", world.name, version=empty.version)
    problems = world.refused(world.lock)
    assert list(problems) == [
        "Pulumi.prod.yaml: models[1].alias",
        "Pulumi.prod.yaml: models[2].registeredModel",
        "Pulumi.prod.yaml: models[3].version",
    ]
    assert "is not there or empty" in problems["Pulumi.prod.yaml: models[3].version"]
    assert world.fetched() == []
    assert not world.folder.path.exists()
    assert world.store.requests == []


def test_one_model_that_fails_leaves_the_others_locked(world):
    other = world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    world.proxy.answer(f"{model_id(other)}/artifacts/model.pkl", 404, "{}")
    outcome = world.lock()
    assert [result.deployment for result in outcome.results] == ["iris"]
    assert outcome.unlocked == ("second",)
    (problem,) = outcome.problems
    assert problem.key == "models[1].alias"
    assert "the artifact of version 1" in problem.message
    assert "404" in problem.message
    assert not world.folder.path_of("second").exists()
    # The next run does not begin from nothing.
    world.proxy.rules.clear()
    world.forget()
    assert [result.deployment for result in world.lock("second").results] == ["second"]
    assert world.fetched() == ["model.pkl"]


def test_a_run_that_fails_removes_no_lock(world):
    world.lock()
    world.models[0]["name"] = "renamed"
    world.register(world.name, {**FILES, "model.pkl": b"v2"})
    world.proxy.answer("artifacts/model.pkl", 500, "{}")
    assert world.lock().problems
    assert world.folder.path_of("iris").exists()


def test_a_file_that_comes_short_is_not_locked(world):
    world.proxy.answer("artifacts/model.pkl", 200, "half")
    (problem,) = world.lock().problems
    assert "has a file model.pkl of 700 bytes, of which 4 came; lock again" in problem.message
    assert not world.folder.path_of("iris").exists()
    world.proxy.rules.clear()
    assert world.lock().problems == ()


def test_an_mlmodel_that_says_nothing_is_not_locked(world):
    world.register(world.name, {"MLmodel": b"flavors: {}\n"})
    (problem,) = world.lock().problems
    assert "without flavors" in problem.message


def test_an_artifact_that_was_overwritten_in_the_registry_is_refused(world):
    world.lock()
    before = world.text("iris")
    (world.artifact() / "model.pkl").write_bytes(b"other weights")
    (problem,) = world.lock().problems
    assert "was overwritten in the registry: sha256:" in problem.message
    assert "register what is there now as a new version" in problem.message
    assert world.text("iris") == before
    # Not in the store either.
    assert {version.digest for version in world.served().versions.values()} == {world.entry("iris").version.digest}


def test_an_artifact_overwritten_in_one_byte_is_refused(world):
    world.lock()
    content = bytearray((world.artifact() / "model.pkl").read_bytes())
    content[0] ^= 1
    (world.artifact() / "model.pkl").write_bytes(content)
    # It is released already, and the registry lists the same sizes: its bytes alone tell.
    assert "was overwritten in the registry" in world.lock().problems[0].message
    assert world.lock().results == ()


def test_files_of_all_kinds(world):
    files = {**FILES, "data/ä & b/c.bin": os.urandom(1000), "data/empty": b"", "x.part": b"1", "x": b"2"}
    world.register(world.name, files)
    world.lock()
    assert [file.path for file in world.entry("iris").files] == sorted(files)
    assert world.served().versions["iris"].digest == digest_directory(world.artifact())


def test_a_version_logged_by_mlflow_2(world, mlflow2_version):
    name = f"{world.name}-old"
    record = mlflow2_version(name)
    world.deploy("old", name, version=record.version)
    world.lock("old")
    version = world.entry("old").version
    assert (version.model_id, version.run_id, version.params) == (None, record.run_id, {"C": "1.0"})
    world.forget()
    assert [result.written for result in world.lock("old").results] == [False]


def test_large_files_go_in_parts_and_are_not_sent_again(world, monkeypatch):
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)
    monkeypatch.setattr(parts, "SINGLE_LIMIT", 5 * MIB)
    world.register(world.name, {**FILES, "model.pkl": os.urandom(6 * MIB)})
    world.lock()
    assert world.progress.bytes == 2 * world.entry("iris").version.size
    world.forget()
    world.lock()
    assert world.store.sent("create_multipart_upload", "put_object") == []
    assert world.served().versions


def test_a_registry_that_does_not_answer(world, dead_uri):
    world.registry_settings = {"uri": dead_uri}
    assert "cannot be reached" in world.refused(world.lock)["Pulumi.prod.yaml: registry.uri"]


def test_a_registry_that_breaks_off_in_between(world):
    world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    world.proxy.answer("artifacts/model.pkl", 503, "{}")
    outcome = world.lock()
    assert outcome.results == ()
    assert outcome.unlocked == ("iris", "second")


def test_a_store_that_does_not_answer_costs_no_download(world, dead_uri):
    world.store_settings = {"endpoint": dead_uri}
    assert list(world.refused(world.lock)) == ["Pulumi.prod.yaml: releaseStore.endpoint"]
    assert world.fetched() == []


def test_a_bucket_that_is_not_there_costs_no_download(world):
    world.store_settings = {"uri": "s3://there-is-no-such-bucket"}
    assert world.refused(world.lock)
    assert world.fetched() == []


def test_somebody_elses_object_in_the_place_of_a_release(world):
    world.lock()
    key = world.key("model.pkl")
    world.folder.remove("iris")
    world.s3.client().put_object(Bucket=world.bucket, Key=key, Body=b"w" * 700)
    (problem,) = world.lock().problems
    assert problem.key == "releaseStore.uri"
    assert not world.folder.path_of("iris").exists()


def test_a_cache_that_cannot_be_used(world):
    world.cache.parent.mkdir(exist_ok=True)
    world.cache.write_text("a file")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        world.lock()
    assert not world.folder.path.exists()


@pytest.mark.parametrize("lost", ["run", "logged model"])
def test_a_version_that_lost_what_its_facts_come_from_is_not_locked(world, client, lost, shared_root):
    world.lock()
    if lost == "logged model":
        client.delete_logged_model(model_id(world.version))
    else:
        with closing(sqlite3.connect(shared_root / "mlflow.db", timeout=20, isolation_level=None)) as database:
            for table, column in (("model_versions", "run_id"), ("logged_models", "source_run_id")):
                database.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608 - names of this test
                    ("f" * 32, world.version.run_id),
                )
    said = f"version 1 of '{world.name}' has lost its {lost} "
    (message,) = world.refused(world.lock).values()
    assert message.startswith(said)
    assert "so its facts cannot be verified; restore it in the registry" in message
    assert any(message.startswith(said) for message in world.refused().values())


@pytest.mark.parametrize("place", ["prod", "elsewhere"])
def test_an_artifact_in_the_release_stores_bucket_is_not_locked(world, client, place):
    version = client.create_model_version(world.name, f"s3://{world.bucket}/{place}/model")
    world.deploy("inside", world.name, version=version.version)
    message = world.refused(world.lock)["Pulumi.prod.yaml: models[1].version"]
    assert f"lies at s3://{world.bucket}/{place}/model, in the bucket of releaseStore.uri" in message
    assert "where MLflow must not be able to write" in message
    assert world.fetched() == []


def test_an_artifact_that_is_mapped_to_the_release_stores_bucket_is_not_locked(world):
    registry = world.settings().registry.model_copy(
        update={"artifact_stores": {"mlflow-artifacts:/": f"s3://{world.bucket}/mlflow/"}}
    )
    version = RegisteredVersion(
        registered_model="iris", version="1", model_id=None, run_id=None, experiment_id=None, source="s", metrics={},
        params={}, tags={}, created_at=0, created_by=None, artifact_uri="mlflow-artifacts:/1/models/m-1/artifacts",
    )  # fmt: skip
    assert f"s3://{world.bucket}/mlflow/" in _release_store_fault(version, registry, world.settings().release_store)
    elsewhere = registry.model_copy(update={"artifact_stores": {"mlflow-artifacts:/": "s3://mlflow/"}})
    assert _release_store_fault(version, elsewhere, world.settings().release_store) is None


NAN_SIGNATURE = MLMODEL.replace(
    "params: null", """params: '[{"name":"t","type":"double","default":NaN,"shape":null}]'"""
)
NAN_FLAVOR = MLMODEL.replace("sklearn_version: 1.9.1", "sklearn_version: 1.9.1, missing: .nan")


@pytest.mark.parametrize("mlmodel", [NAN_SIGNATURE, NAN_FLAVOR])
def test_facts_that_are_not_a_number_are_served(world, mlmodel, tmp_path):
    assert mlmodel != MLMODEL
    world.register(world.name, {**FILES, "MLmodel": mlmodel.encode()})
    world.lock()
    assert len(world.served().versions) == 1
    world.cache = tmp_path / "another-machine"
    assert len(world.served().versions) == 1


def test_a_full_disk_keeps_what_is_locked(world, monkeypatch):
    world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    original = LockFolder.write

    def write(folder, lock):
        if lock.deployment == "second":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(folder, lock)

    monkeypatch.setattr(LockFolder, "write", write)
    outcome = world.lock()
    assert [result.deployment for result in outcome.results] == ["iris"]
    assert outcome.unlocked == ("second",)
    (problem,) = outcome.problems
    assert problem.file == "locks/prod/second.yaml"
    assert problem.message.startswith("cannot be written (No space left on device); make room")


def test_a_lock_that_cannot_be_removed(world, monkeypatch):
    world.lock()
    world.models[0]["name"] = "renamed"

    def remove(_folder, _name):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(LockFolder, "remove", remove)
    outcome = world.lock()
    assert [result.deployment for result in outcome.results] == ["renamed"]
    (problem,) = outcome.problems
    assert str(problem).startswith("locks/prod/iris.yaml: cannot be removed (Permission denied); ")


def test_a_store_that_denies_is_named_by_its_setting_alone(world):
    world.store.before = lambda _request: (403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    (message,) = world.refused(world.lock).values()
    assert f"s3:ListBucket at {world.store_uri} to the AWS credentials" in message
    assert "sha256-0000" not in message
