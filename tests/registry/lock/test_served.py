"""What a stack in locked mode serves: what was reviewed, whatever happened in the registry or the store since."""

import math
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from mlplatform.registry.lock.against_registry import _contradictions
from mlplatform.registry.lock.lock_check import LockedVariant
from mlplatform.registry.resolve.registered_version import RegisteredVersion
from mlplatform.registry.served import VERIFY_VARIABLE
from tests.registry.lock.examples import VERSION, entry
from tests.registry.lock.world import FILES

IRIS = "locks/prod/iris.yaml: variants.default"
AGAIN = "mlplatform lock prod iris"
# The one request that each release costs besides the list and the checksums.
ORIGIN = "get_object version.json"


@pytest.fixture(autouse=True)
def _verify_as_ever(monkeypatch):
    monkeypatch.delenv(VERIFY_VARIABLE, raising=False)


@pytest.fixture
def locked(world):
    world.lock()
    world.forget()
    return world


def versions(world):
    served = world.served()
    assert served.mode == "locked"
    return served.versions


def test_everything_verified(reviewed):
    served = reviewed.served()
    assert (served.mode, served.unverified, served.notices) == ("locked", (), ())
    assert served.versions == {"iris": reviewed.entry("iris").version}
    # Nothing is downloaded: neither from the registry nor, as the store keeps checksums, from there.
    assert reviewed.fetched() == []
    assert reviewed.store.sent("get_object") == [ORIGIN]


def test_live_mode_reads_no_lock(locked):
    locked.registry_settings = {"artifactStores": {"mlflow-artifacts:/": "s3://mlflow/"}}
    locked.register(locked.name, {**FILES, "model.pkl": b"v2"})
    served = locked.served("live")
    assert (served.mode, served.versions["iris"].version, served.unverified, served.notices) == ("live", "2", (), ())


def test_a_moved_alias_ships_nothing_and_is_a_notice(locked):
    before = versions(locked)
    locked.register(locked.name, {**FILES, "model.pkl": b"v2"})
    served = locked.served()
    assert served.versions == before
    assert served.elsewhere == {"iris": "2"}
    (notice,) = served.notices
    assert notice == (
        f"iris: alias 'champion' of '{locked.name}' now points to version 2; version 1 is locked and served until you "
        f"run: {AGAIN}"
    )


def test_a_lock_that_was_replaced_by_another_recorded_one_is_told_from_its_alias(locked):
    first = locked.variant()
    locked.register(locked.name, {**FILES, "model.pkl": b"v2"})
    locked.lock()
    assert locked.served().elsewhere == {}
    locked.edit(lambda variant: (variant.clear(), variant.update(first)))
    served = locked.served()
    assert (served.versions["iris"].version, served.elsewhere) == ("1", {"iris": "2"})


def test_an_alias_that_is_gone_is_a_notice(locked, client):
    client.delete_registered_model_alias(locked.name, "champion")
    served = locked.served()
    assert served.elsewhere == {}
    (notice,) = served.notices
    assert f"alias 'champion' of '{locked.name}' no longer exists; version 1 is locked" in notice


def test_edited_tags_are_a_notice(locked, client):
    client.set_model_version_tag(locked.name, "1", "approved", "by grace")
    client.set_model_version_tag(locked.name, "1", "mlflow.internal", "x")
    (notice,) = locked.served().notices
    assert "tags of version 1" in notice
    assert "approved (none) -> by grace; to take them over, run: " in notice
    locked.lock()
    assert locked.served().notices == ()
    assert locked.entry("iris").version.tags["approved"] == "by grace"


def test_a_byte_changed_in_the_registrys_store_changes_nothing(locked):
    before = versions(locked)
    path = locked.artifact() / "model.pkl"
    path.write_bytes(b"W" + path.read_bytes()[1:])
    assert versions(locked) == before


def overwrite(world, path, content):
    world.s3.client().put_object(Bucket=world.bucket, Key=world.key(path), Body=content)


def test_a_byte_changed_in_the_release_store_is_refused(locked):
    overwrite(locked, "model.pkl", b"W" + FILES["model.pkl"][1:])
    message = locked.refused()[f"{IRIS}.files"]
    assert "model.pkl" in message
    assert "serve nothing from there: find out who wrote it" in message


@pytest.mark.parametrize("path", ["extra.py", "data/extra.bin", "MLmodel/extra"])
def test_an_extra_object_in_a_release_is_refused(locked, path):
    # Model servers fetch everything below the prefix.
    overwrite(locked, path, b"import os")
    assert path.rpartition("/")[2] in locked.refused()[f"{IRIS}.files"]


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_object_is_refused(locked, path):
    locked.s3.client().delete_object(Bucket=locked.bucket, Key=locked.key(path))
    assert path in locked.refused()[f"{IRIS}.files"]


def test_full_verification_reads_every_byte(locked, monkeypatch):
    monkeypatch.setenv(VERIFY_VARIABLE, "full")
    versions(locked)
    assert locked.store.sent("get_object") == [*(f"get_object {path}" for path in sorted(FILES)), ORIGIN]
    locked.deploy("other", locked.name)
    other = locked.register(f"{locked.name}-other")
    locked.models[1] |= {"registeredModel": f"{locked.name}-other"}
    assert other.version == "1"
    locked.lock()
    locked.forget()
    monkeypatch.setenv(VERIFY_VARIABLE, " iris,")
    versions(locked)
    assert len(locked.store.sent("get_object")) == len(FILES) + 2
    locked.forget()
    monkeypatch.setenv(VERIFY_VARIABLE, "other, iris")
    versions(locked)
    assert len(locked.store.sent("get_object")) == 2 * len(FILES) + 2


@pytest.mark.parametrize("value", ["FULL", "yes", "iris,irsi", "full,1"])
def test_a_wish_for_verification_that_nobody_understands_is_refused(reviewed, monkeypatch, value):
    monkeypatch.setenv(VERIFY_VARIABLE, value)
    (message,) = reviewed.refused().values()
    assert message.startswith(repr(value.rpartition(",")[2]))
    assert message.endswith(
        "is neither 'full' nor a deployment of this stack; write 'full', or names of deployments (iris) with commas "
        "between"
    )
    assert list(reviewed.refused()) == ["environment: MLPLATFORM_VERIFY"]


def test_two_deployments_of_one_release_share_one_look(locked):
    locked.deploy("second", locked.name, version="1")
    locked.lock()
    locked.forget()
    assert len(versions(locked)) == 2
    assert len(locked.store.sent("head_object")) == len(FILES)


EDITS = {
    "registeredModel": "other",
    "alias": "challenger",
    "version": "2",
    "modelId": "m-2",
    "runId": "0" * 32,
    "experimentId": "77",
    "source": "models:/m-2",
    "artifactUri": "mlflow-artifacts:/1/models/m-2/artifacts",
    "storageUri": "s3://elsewhere/prod",
    "digest": f"sha256:{'0' * 64}",
    "size": 3,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "createdBy": "eve",
    "flavors": {"pytorch": {}},
    "signature": {"inputs": [], "outputs": None, "params": None},
    "pythonVersion": "2.7",
    "mlflowVersion": "1.0",
    "requirements": ["evil==1"],
    "requirementsDigest": f"sha256:{'0' * 64}",
    "metrics": {"accuracy": 1.0},
    "params": {"C": "2.0"},
}


@pytest.mark.parametrize("key", EDITS)
def test_an_edited_lock_is_refused_even_with_its_own_checksum(reviewed, key):
    reviewed.edit(lambda variant: variant.update({key: EDITS[key]}))
    problems = reviewed.refused()
    assert any(file.startswith("locks/prod/iris.yaml") for file in problems)
    assert all("lock" in message for message in problems.values())


@pytest.mark.parametrize("key", ["modelId", "runId", "createdBy", "requirements", "signature", "alias", "experimentId"])
def test_a_removed_fact_is_refused_even_with_its_own_checksum(reviewed, key):
    def remove(variant):
        del variant[key]
        if key == "requirements":
            del variant["requirementsDigest"]

    reviewed.edit(remove)
    assert reviewed.refused()


def test_edited_requirements_with_a_fitting_digest_are_not_what_the_files_say(reviewed):
    from mlplatform.registry.facts.derived import requirements_digest  # noqa: PLC0415 - only here

    reviewed.edit(lambda v: v.update(requirements=["evil"], requirementsDigest=requirements_digest(("evil",))))
    assert reviewed.refused() == {
        f"{IRIS}.requirements": f"is not what the release's own files say; somebody edited the lock: {AGAIN}"
    }


def test_edited_tags_in_a_lock_are_a_notice(reviewed):
    reviewed.edit(lambda variant: variant.update(tags={"approved": "yes"}))
    (notice,) = reviewed.served().notices
    assert "approved yes -> (none)" in notice


def test_edited_files_that_still_fit_their_digest_and_place_are_not_in_the_store(reviewed):
    from mlplatform.registry.digest import FileDigest, artifact_digest  # noqa: PLC0415 - only here

    def change(variant):
        variant["files"][0]["sha256"] = "0" * 64
        files = [FileDigest(path=file["path"], size=file["size"], sha256=file["sha256"]) for file in variant["files"]]
        old, variant["digest"] = variant["digest"], artifact_digest(files)
        variant["storageUri"] = variant["storageUri"].replace(
            old.replace(":", "-"), variant["digest"].replace(":", "-")
        )

    reviewed.edit(change)
    assert f"{IRIS}.files" in reviewed.refused()


def test_facts_are_read_from_the_release_where_nobody_read_them_before(reviewed, tmp_path):
    reviewed.cache = tmp_path / "another-machine"
    versions(reviewed)
    assert reviewed.store.sent("get_object") == ["get_object MLmodel", "get_object requirements.txt", ORIGIN]
    reviewed.forget()
    versions(reviewed)
    assert reviewed.store.sent("get_object") == [ORIGIN]


def test_a_deleted_version_is_refused(locked, client):
    client.delete_model_version(locked.name, "1")
    message = locked.refused()[f"{IRIS}.version"]
    assert f"registered model '{locked.name}' has no version 1, or it was deleted" in message


def test_a_deleted_model_is_refused(locked, client):
    client.delete_registered_model(locked.name)
    assert f"there is no registered model '{locked.name}'" in locked.refused()[f"{IRIS}.registeredModel"]


def test_a_metric_that_changed_is_refused(locked, client):
    version = locked.entry("iris").version
    client.log_metric(version.run_id, "accuracy", 0.99, step=5, model_id=version.model_id)
    client.log_metric(version.run_id, "loss", math.nan)
    message = locked.refused()[IRIS]
    assert "metrics of version 1" in message
    assert "changed in the registry since it was locked: accuracy 0.9 -> 0.99; find out why" in message
    locked.lock()
    assert locked.served().versions["iris"].metrics["accuracy"] == 0.99


def test_what_a_later_run_adds_is_a_notice(locked, client):
    version = locked.entry("iris").version
    evaluation = client.create_run(version.experiment_id).info.run_id
    client.log_metric(evaluation, "f1", 0.8, model_id=version.model_id)
    client.log_metric(version.run_id, "loss", math.nan)
    client.log_param(version.run_id, "late", "1")
    again = "to take them over, run: mlplatform lock prod iris"
    added = f"of version 1 of '{locked.name}' were added since it was locked:"
    assert locked.served().notices == (
        f"iris: metrics {added} f1 (none) -> 0.8, loss (none) -> NaN; {again}",
        f"iris: params {added} late (none) -> 1; {again}",
    )
    assert locked.served().versions["iris"].metrics == {"accuracy": 0.9}
    locked.lock()
    assert locked.served().notices == ()
    assert locked.served().versions["iris"].metrics["f1"] == 0.8


def test_a_later_run_that_measures_again_changes_what_was_reviewed(locked, client):
    version = locked.entry("iris").version
    evaluation = client.create_run(version.experiment_id).info.run_id
    client.log_metric(evaluation, "accuracy", 0.2, model_id=version.model_id)
    assert "accuracy 0.9 -> 0.2" in locked.refused()[IRIS]


def test_a_source_that_changed_is_refused(locked, shared_root):
    with closing(sqlite3.connect(shared_root / "mlflow.db", timeout=20, isolation_level=None)) as database:
        database.execute(
            "UPDATE model_versions SET source = 'models:/m-77', user_id = 'eve' WHERE name = ?", (locked.name,)
        )
    text = " ".join(map(str, locked.problems()))
    assert "has lost its logged model m-77" in text


def registered(**changes):
    same = {name: getattr(VERSION, name) for name in RegisteredVersion.model_fields if hasattr(VERSION, name)}
    return RegisteredVersion(**{**same, **changes})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "runs:/1/model"}, "locked: models:/m-1 -> runs:/1/model; find out why, then lock what"),
        ({"model_id": None}, "modelId of version 3 of 'iris-classifier' changed in the registry"),
        ({"run_id": "2"}, "runId of version 3"),
        ({"experiment_id": "2"}, "experimentId of version 3"),
        ({"artifact_uri": "s3://elsewhere"}, "-> s3://elsewhere"),
        ({"created_at": 0}, "2025-11-20T09:10:00.120Z -> 1970-01-01T00:00:00.000Z"),
        ({"created_by": "bob"}, "ada -> bob"),
        ({"params": {}}, "bootstrap no -> (none), max_depth 4 -> (none), note a: b # c -> (none)"),
        ({"metrics": dict.fromkeys(VERSION.metrics, 7.0)}, " -> 7.0"),
        ({"metrics": {}}, " -> (none)"),
        ({"params": {**VERSION.params, "note": "x\n" * 500}}, "note a: b # c -> x x x"),
        ({"logged_model_status": "FAILED"}, "is not ready: its logged model m-1 was finalized as FAILED"),
        ({"lost": ("run 7", "logged model m-1")}, "has lost its run 7 and its logged model m-1 in the registry"),
    ],
)  # fmt: skip
def test_each_fact_that_the_registry_tells_otherwise(change, said):
    item = LockedVariant(stack="prod", deployment="iris", file="locks/prod/iris.yaml", entry=entry())
    assert list(_contradictions(item, registered())) == []
    (message,) = _contradictions(item, registered(**change))
    assert said in message
    assert len(message) < 500


def test_metrics_that_are_not_a_number_equal_themselves():
    item = LockedVariant(stack="prod", deployment="iris", file="f", entry=entry(metrics={"a": math.nan, "b": math.inf}))
    assert list(_contradictions(item, registered(metrics={"b": math.inf, "a": math.nan}))) == []
    assert list(_contradictions(item, registered(metrics={"b": math.inf, "a": 0.0})))


def test_a_registry_that_does_not_answer(reviewed, dead_uri):
    reviewed.registry_settings = {"uri": dead_uri}
    assert "cannot be reached" in reviewed.refused()["Pulumi.prod.yaml: registry.uri"]
    assert "cannot be reached" in reviewed.refused(lambda: reviewed.served("live"))["Pulumi.prod.yaml: registry.uri"]
    reviewed.registry_settings = {"uri": dead_uri, "verify": "whenReachable"}
    served = reviewed.served()
    assert served.versions == {"iris": reviewed.entry("iris").version}
    (reason,) = served.unverified
    assert reason.startswith(f"the locks were not compared with the registry: the MLflow server at {dead_uri} cannot")


def test_a_registry_that_refuses_access_was_not_compared(reviewed):
    reviewed.registry_settings = {"verify": "whenReachable"}
    reviewed.proxy.answer("/api/", 401, "You are not authenticated")
    (reason,) = reviewed.served().unverified
    assert "refused access" in reason
    reviewed.registry_settings = {}
    assert "refused access" in reviewed.refused()["Pulumi.prod.yaml: registry.uri"]


def test_a_registry_that_answers_and_contradicts_is_always_refused(locked, client):
    locked.registry_settings = {"verify": "whenReachable"}
    client.delete_model_version(locked.name, "1")
    assert f"{IRIS}.version" in locked.refused()


def test_a_release_store_that_does_not_answer(reviewed, dead_uri):
    reviewed.store_settings = {"endpoint": dead_uri}
    assert list(reviewed.refused()) == ["Pulumi.prod.yaml: releaseStore.endpoint"]
    reviewed.store_settings = {"endpoint": dead_uri, "verify": "whenReachable"}
    (reason,) = reviewed.served().unverified
    assert reason.startswith("the releases were not compared with their locks: ")


def test_a_release_store_that_contradicts_is_always_refused(locked):
    locked.store_settings = {"verify": "whenReachable"}
    overwrite(locked, "model.pkl", b"W" + FILES["model.pkl"][1:])
    assert f"{IRIS}.files" in locked.refused()


def test_both_silent_are_two_reasons(reviewed, dead_uri):
    reviewed.registry_settings = {"uri": dead_uri, "verify": "whenReachable"}
    reviewed.store_settings = {"endpoint": dead_uri, "verify": "whenReachable"}
    assert len(reviewed.served().unverified) == 2


def test_a_model_without_lock_and_a_lock_without_model(reviewed):
    reviewed.deploy("second", reviewed.name)
    reviewed.folder.write(replace(reviewed.folder.read().locks["iris"], deployment="retired"))
    problems = reviewed.refused()
    assert problems == {
        "Pulumi.prod.yaml: models[1].name": "has no lock: there is no locks/prod/second.yaml; resolve, review and "
        "commit it: mlplatform lock prod second",
        "locks/prod/retired.yaml: ": "is the lock of a deployment that Pulumi.prod.yaml does not have; delete the "
        "file, or remove all such: mlplatform lock prod",
    }


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ({"registeredModel": "wine"}, "registeredModel", "which asks for 'wine'"),
        ({"alias": "challenger"}, "alias", "which asks for alias 'challenger'"),
        ({"alias": None, "version": "4"}, "version", "which asks for version 4"),
        ({"alias": None, "version": "1"}, "alias", "which asks for a version without alias"),
    ],
)
def test_a_lock_of_what_the_configuration_does_not_ask_for(reviewed, change, key, said):
    reviewed.models[0] = {name: value for name, value in {**reviewed.models[0], **change}.items() if value is not None}
    message = reviewed.refused()[f"{IRIS}.{key}"]
    assert f"does not fit Pulumi.prod.yaml, {said}; lock again: {AGAIN}" in message


def test_a_release_elsewhere_than_in_the_stacks_store(reviewed):
    reviewed.store_settings = {"uri": f"s3://{reviewed.bucket}/staging"}
    assert "is not the release's place in releaseStore.uri" in reviewed.refused()[f"{IRIS}.storageUri"]


def test_a_lock_copied_from_another_stack_or_deployment(reviewed):
    reviewed.deploy("second", reviewed.name)
    reviewed.folder.path_of("second").write_text(reviewed.text("iris"))
    assert "is 'iris', but the file is that of 'second'" in reviewed.refused()["locks/prod/second.yaml: deployment"]


def test_everything_that_is_wrong_is_told_at_once(locked, client):
    for name in ("b", "c"):
        locked.register(f"{locked.name}-{name}")
        locked.deploy(name, f"{locked.name}-{name}")
    locked.lock()
    locked.deploy("d", locked.name)
    overwrite(locked, "model.pkl", b"other")
    client.delete_model_version(f"{locked.name}-b", "1")
    locked.folder.path_of("c").write_text("<<<<<<< HEAD\n")
    assert {key.partition(":")[0] for key in locked.refused()} == {
        "Pulumi.prod.yaml", "locks/prod/iris.yaml", "locks/prod/b.yaml", "locks/prod/c.yaml",
    }  # fmt: skip


def test_no_models_ask_nobody(world):
    world.models.clear()
    assert world.served().versions == {}
    assert (world.proxy.requests, world.store.requests) == ([], [])


def test_many_locks_are_verified_in_one_pass(locked, client):
    for index in range(12):
        name = f"{locked.name}-{index:02}"
        client.create_registered_model(name)
        for _ in range(2):
            source = locked.version.source
            client.create_model_version(name, source, model_id=source.removeprefix("models:/"))
        client.set_registered_model_alias(name, "champion", "1")
        locked.deploy(f"m{index}", name)
    locked.lock()
    locked.forget()
    assert len(versions(locked)) == 13
    # A sign of life, the models, all versions 1 that are not the newest, one logged model and one run that all share.
    assert len(locked.proxy.requests) == 5
