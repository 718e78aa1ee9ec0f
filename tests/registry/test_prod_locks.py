"""The committed locks of prod: made again from the frozen sample models, byte for byte.

``UPDATE_GOLDEN=1`` writes ``locks/prod``, with the code of ``mlplatform lock prod``: the registry is the embedded
one, wherever it listens, and S3 is moto.
"""

import os
import shutil
from pathlib import Path

import pytest

from mlplatform.config.load import check_stack_file
from mlplatform.registry.client.environment import quiet_mlflow
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.lock.locking import Locking
from mlplatform.registry.served import served_versions
from tests.registry.lock.world import Progress

ROOT = Path(__file__).parents[2]
FILE = "Pulumi.prod.yaml"


@pytest.fixture
def prod(samples, s3_server):
    """Settings of prod with the session's registry, and moto as AWS S3."""
    settings = check_stack_file(ROOT, "prod")
    store = settings.release_store
    client = s3_server.client()
    client.create_bucket(Bucket=store.bucket, CreateBucketConfiguration={"LocationConstraint": store.region})
    client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    yield settings.model_copy(
        update={
            "registry": settings.registry.model_copy(update={"uri": samples}),
            "release_store": store.model_copy(update={"endpoint": s3_server.endpoint, "verify": "required"}),
        }
    )
    for version in client.list_object_versions(Bucket=store.bucket).get("Versions", ()):
        client.delete_object(Bucket=store.bucket, Key=version["Key"], VersionId=version["VersionId"])
    client.delete_bucket(Bucket=store.bucket)


def lock(settings, project, cache):
    folder = LockFolder(project=project, stack="prod")
    outcome = Locking(settings=settings, folder=folder, file=FILE, progress=Progress(), cache=cache).run()
    assert outcome.problems == ()
    return folder


def texts(folder):
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_the_committed_locks_are_what_lock_writes(prod, tmp_path):
    made = lock(prod, tmp_path, tmp_path / "cache")
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(ROOT / "locks" / "prod", ignore_errors=True)
        shutil.copytree(made.path, ROOT / "locks" / "prod")
    assert texts(made.path) == texts(ROOT / "locks" / "prod")
    assert sorted(texts(made.path)) == sorted(f"{model.name}.yaml" for model in prod.models)
    for text in texts(made.path).values():
        assert "127.0.0.1" not in text


def test_the_committed_locks_are_verified_in_full(prod, tmp_path, monkeypatch):
    lock(prod, tmp_path, tmp_path / "cache")
    monkeypatch.setenv("MLPLATFORM_VERIFY", "full")
    with quiet_mlflow({}):
        served = served_versions(prod, file=FILE, stack="prod", project=ROOT, cache_dir=tmp_path / "other")
    assert (served.mode, served.unverified, served.notices) == ("locked", (), ())
    assert {name: version.registered_model for name, version in served.versions.items()} == {
        model.name: model.registered_model for model in prod.models
    }
    assert all(version.storage_uri.startswith(f"{prod.release_store.uri}/") for version in served.versions.values())
