"""Versions whose address, put into the registry's database by somebody, holds a secret or leads elsewhere."""

import contextlib
import sqlite3

import pytest


def readdress(world, address):
    """Write a source into the database; servers refuse most of these, but not all servers always did."""
    with contextlib.closing(sqlite3.connect(world.root / "mlflow.db", timeout=60)) as database:
        database.execute(
            "UPDATE model_versions SET source = ?, storage_location = ? WHERE name = ?", (address, address, world.name)
        )
        database.commit()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mlflow-artifacts://usr:S3cretPW@127.0.0.1:1/m", "has the source 'mlflow-artifacts://127.0.0.1:1/m' with"),
        ("s3://AKIAXX:S3cretPW@bucket/m", "has the source 's3://bucket/m' with credentials; register it without them"),
        ("s3://AKIAXX:S3/cretPW@bucket/m", "has the source 's3://bucket/m' with credentials"),
        ("mlflow-artifacts://127.0.0.1:1/m", "lies at mlflow-artifacts://127.0.0.1:1/m, another server than"),
        ("http://127.0.0.1:1/m", "lies at http://127.0.0.1:1/m, which is no address of MLflow's artifact proxy"),
        ("s3://bucket/m//n", "has an address that cannot be used: 's3://bucket/m//n' has an empty path segment"),
        ("mlflow-artifacts:/1/../../etc", "'..' segment"),
    ],
)
@pytest.mark.parametrize("mode", ["locked", "live"])
def test_a_version_with_such_an_address_is_not_read(world, monkeypatch, address, said, mode):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "only-for-the-registry")
    readdress(world, address)
    world.registry_settings = {
        "artifactStores": {"mlflow-artifacts:/": "s3://models/", "http://127.0.0.1:1/": "s3://m"}
    }
    ((_, message),) = world.refused(world.lock if mode == "locked" else lambda: world.served("live")).items()
    assert f"the artifact of version 1 of '{world.name}' " in message
    assert said in message
    assert "S3" not in message
    assert "cretPW" not in message
    assert not world.folder.path.exists()
    assert world.s3.keys_of(world.bucket) == []


def test_half_a_character_in_a_signature_stops_before_a_release(world):
    files = {"MLmodel": b"""flavors: {a: {}}\nsignature: {inputs: '[{"name": "\\ud800"}]'}"""}
    world.register(world.name, files)
    outcome = world.lock()
    (problem,) = outcome.problems
    assert "half of a surrogate pair" in problem.message
    assert not world.folder.path.exists()
