"""Which version the bytes of a release are of: no lock can serve those of another, whatever somebody writes into it."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.registry.artifact.content import ArtifactContent
from mlplatform.registry.lock.origin import origin_of
from mlplatform.registry.lock.release_facts import logged_elsewhere
from mlplatform.registry.served import VERIFY_VARIABLE
from tests.registry.lock.examples import VERSION
from tests.registry.lock.world import FILES, MLMODEL

BAD, GOOD = b"bad" * 200, b"good" * 150
OF_BYTES = (
    "storageUri", "digest", "size", "files", "flavors", "signature", "requirements", "requirementsDigest",
    "pythonVersion", "mlflowVersion",
)  # fmt: skip


@pytest.fixture
def poisoned(world):
    """Version 2 is locked with its own facts and the bytes of version 1, of the same size."""
    world.register(world.name, {**FILES, "model.pkl": BAD})
    world.lock()
    bad = world.variant()
    world.register(world.name, {**FILES, "model.pkl": GOOD}, accuracy=0.99)
    world.lock()
    world.right = world.text("iris")
    world.edit(lambda variant: variant.update({key: bad[key] for key in OF_BYTES}))
    assert world.entry("iris").version.metrics == {"accuracy": 0.99}
    world.forget()
    return world


@pytest.mark.parametrize("verify", ["", "full"])
def test_the_bytes_of_another_version_are_not_served(poisoned, verify, monkeypatch):
    monkeypatch.setenv(VERIFY_VARIABLE, verify)
    assert list(poisoned.refused()) == ["locks/prod/iris.yaml: variants.default.digest"]
    (message,) = poisoned.refused().values()
    assert f"is not on record as version 3 of '{poisoned.name}': the release store has no s3://" in message
    assert message.endswith("restore the lock from git, or lock again: mlplatform lock prod iris")


@pytest.mark.parametrize("machine", ["this one", "another"])
def test_such_a_lock_is_not_confirmed_by_locking_again(poisoned, machine):
    before = poisoned.text("iris")
    if machine == "another":
        shutil.rmtree(poisoned.cache)
    (problem,) = poisoned.lock().problems
    assert "is locked, which the release store has no record of for this version: somebody edited" in problem.message
    assert poisoned.text("iris") == before
    assert poisoned.refused()
    # Neither of the two that contradict each other is believed.
    assert poisoned.fetched() == sorted(FILES)
    # The way out that the message names.
    poisoned.folder.remove("iris")
    assert poisoned.lock().problems == ()
    assert poisoned.text("iris") == poisoned.right
    assert poisoned.served().versions


def test_a_record_that_is_gone_is_written_again_by_lock_alone(world):
    world.lock()
    (key,) = [key for key in world.s3.keys_of(world.bucket) if key.endswith("version.json")]
    world.s3.client().delete_object(Bucket=world.bucket, Key=key)
    assert "is not on record as version 1" in world.refused()["locks/prod/iris.yaml: variants.default.digest"]
    before = world.text("iris")
    world.lock()
    assert world.text("iris") == before
    assert world.served().versions


@pytest.mark.parametrize("machine", ["this one", "another"])
def test_bytes_of_the_same_size_that_were_put_into_the_registry_are_found_by_locking_again(world, machine):
    world.lock()
    before = world.text("iris")
    if machine == "another":
        shutil.rmtree(world.cache)
    path = world.artifact() / "model.pkl"
    path.write_bytes(b"W" + path.read_bytes()[1:])
    (problem,) = world.lock().problems
    assert "was overwritten in the registry" in problem.message
    assert world.text("iris") == before


def test_an_artifact_that_this_machine_knows_otherwise_than_locked_is_read_again_and_refused(world):
    """The facts of this machine must not lead around the comparison with what is locked."""
    world.lock()
    before = world.text("iris")
    path = world.artifact() / "model.pkl"
    world.folder.remove("iris")
    shutil.rmtree(world.cache)
    path.write_bytes(b"W" + path.read_bytes()[1:])
    world.lock()
    world.folder.path_of("iris").write_text(before)
    # This machine knows the overwritten files, the lock the first ones; both are on record.
    (problem,) = world.lock().problems
    assert "was overwritten in the registry" in problem.message
    assert world.text("iris") == before


def test_two_deployments_of_one_version_that_are_locked_to_different_bytes(poisoned):
    poisoned.deploy("second", poisoned.name)
    (poisoned.folder.path / "second.yaml").write_text(
        poisoned.right.replace("deployment: iris", "deployment: second").replace("prod iris", "prod second")
    )
    poisoned.edit(lambda _variant: None, "second")
    assert list(poisoned.refused()) == ["locks/prod/iris.yaml: variants.default.digest"]
    assert "somebody edited the lock" in poisoned.lock().problems[0].message


@given(
    field=st.sampled_from(
        ["registered_model", "version", "created_at", "model_id", "run_id", "source", "artifact_uri"]
    ),
    value=st.text(max_size=20),
)
def test_each_name_of_a_version_and_its_artifact_leads_to_another_record(field, value):
    other = VERSION.model_copy(update={field: len(value) if field == "created_at" else value})
    assert origin_of(other, VERSION.storage_uri).uri != origin_of(VERSION, VERSION.storage_uri).uri


def test_a_record_lies_beside_the_releases_and_says_what_it_is():
    origin = origin_of(VERSION, VERSION.storage_uri)
    folder, digest = VERSION.storage_uri.rsplit("/", 1)
    assert origin.uri.startswith(f"{folder}/versions/sha256-")
    assert f'"release": "{digest}"'.encode() in origin.content
    assert b'"version": "3"' in origin.content
    other = f"{folder}/sha256-{'0' * 64}"
    assert origin_of(VERSION, other).uri != origin.uri


def facts(**ids):
    return ArtifactContent(
        flavors={}, signature=None, requirements=None, python_version=None, mlflow_version=None, **ids
    )  # fmt: skip


@pytest.mark.parametrize(
    ("registered", "files", "said"),
    [
        (("m-1", "r1"), ("m-1", "r2"), None),
        (
            ("m-1", "r1"),
            ("m-2", "r1"),
            "registered with logged model m-1, but its files were logged by logged model m-2",
        ),
        (("m-1", "r1"), (None, "r1"), None),
        (("m-1", "r1"), (None, "r2"), "registered with run r1, but its files were logged by run r2"),
        ((None, "r1"), ("m-2", "r2"), "registered with run r1, but its files were logged by run r2"),
        ((None, None), ("m-2", "r2"), None),
        (("m-1", "r1"), (None, None), None),
    ],
)
def test_files_that_say_they_are_of_another_model_or_run(registered, files, said):
    version = VERSION.model_copy(update={"model_id": registered[0], "run_id": registered[1]})
    told = logged_elsewhere(version, facts(logged_model_id=files[0], logged_run_id=files[1]))
    assert (told is None) if said is None else (said in told)


def test_such_files_are_a_notice(world):
    world.register(world.name, {**FILES, "MLmodel": f"{MLMODEL}model_id: m-elsewhere\nrun_id: r1\n".encode()})
    world.lock()
    (notice,) = world.served().notices
    assert notice.startswith(f"iris: version 2 of '{world.name}' is registered with logged model m-")
    assert "its files were logged by logged model m-elsewhere; make sure that its metrics" in notice
