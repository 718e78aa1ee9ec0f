"""A model's way through prod's own buckets: logged by MLflow, locked, released, previewed and read back."""

import os
import subprocess
import sys

import mlflow.sklearn
import pytest

from mlplatform.registry.lock.folder import LockFolder
from mlplatform.review.engine.program import run_program
from tests.aws.as_aws import s3_as_aws
from tests.aws.mlflow_server import mlflow_server, register_iris
from tests.aws.prod import prod_project
from tests.aws.run import ROOT

ARTIFACTS, RELEASES = (f"mlplatform-prod-{purpose}-123456789012-eu-central-1" for purpose in ("artifacts", "releases"))
IRIS = {
    "name": "iris",
    "registeredModel": "iris-classifier",
    "alias": "champion",
    "serving": "kserve",
    "namespace": "models",
    "resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
}


@pytest.fixture(scope="module", autouse=True)
def _without_bucket_policies(prod):
    """Take the buckets' policies away for a while: moto reads no conditions, and so refuses everything.

    What they allow and refuse is evaluated in ``test_prod_access.py``.
    """
    s3 = prod.account.s3
    policies = {bucket: s3.get_bucket_policy(Bucket=bucket)["Policy"] for bucket in (ARTIFACTS, RELEASES)}
    for bucket in policies:
        s3.delete_bucket_policy(Bucket=bucket)
    yield
    for bucket, policy in policies.items():
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


@pytest.fixture(scope="module")
def s3(prod, tmp_path_factory):
    """Environment of a process that has credentials, and reaches the buckets of prod by their own names."""
    with s3_as_aws(tmp_path_factory.mktemp("s3"), prod.account.region) as environment:
        yield environment


@pytest.fixture(scope="module")
def server(prod, s3, tmp_path_factory):
    """MLflow with the artifact store that prod's own Deployment is told of."""
    (deployment,) = (
        made["inputs"]
        for made in prod.others
        if made["type"] == "kubernetes:apps/v1:Deployment" and made["inputs"]["metadata"]["name"] == "mlflow"
    )
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    place = arguments[arguments.index("--artifacts-destination") + 1]
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder, ["--serve-artifacts", "--artifacts-destination", place], s3) as uri:
        yield uri


@pytest.fixture(scope="module")
def trained(server):
    with pytest.MonkeyPatch.context() as patch:
        # What fails, fails at once.
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        return register_iris(server, "iris-classifier")


@pytest.fixture
def project(tmp_path, server):
    """The stack prod with this registry and this model, which must be verified."""
    changes = {"registry.uri": server, "releaseStore.verify": "required", "models": [IRIS]}
    return prod_project(tmp_path / "project", changes)


def _keys(prod, bucket, prefix):
    pages = prod.account.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())}


def test_a_model_that_mlflow_keeps_in_the_artifact_bucket_is_locked_released_and_served(prod, project, s3, trained):
    estimator, rows, model_id = trained
    logged = _keys(prod, ARTIFACTS, f"mlflow/1/models/{model_id}/artifacts/")
    assert {"MLmodel", "model.pkl"} <= logged

    environment = {**s3, "XDG_CACHE_HOME": str(project.parent / "cache")}
    lock = subprocess.run(
        [sys.executable, "-m", "mlplatform", "lock", "prod"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert lock.returncode == 0, lock.stdout + lock.stderr
    entry = LockFolder(project=project, stack="prod").read().locks["iris"].variants["default"]
    assert entry.version.model_id == model_id
    release = entry.version.storage_uri
    assert release.startswith(f"s3://{RELEASES}/iris-classifier/sha256-")
    folder = release.removeprefix(f"s3://{RELEASES}/") + "/"
    assert logged <= _keys(prod, RELEASES, folder)

    previewed = run_program(project, "prod", env=environment)
    (served,) = (entry for entry in previewed.state.resources if entry.type.endswith(":InferenceService"))
    assert served.inputs["spec"]["predictor"]["model"]["storageUri"] == f"{release}/"
    assert not [message for message in previewed.messages if "UNVERIFIED" in message.text]

    # The released bytes are the model that was trained.
    target = project.parent / "released"
    for key in _keys(prod, RELEASES, folder):
        place = target / key
        place.parent.mkdir(parents=True, exist_ok=True)
        prod.account.s3.download_file(RELEASES, folder + key, str(place))
    assert (mlflow.sklearn.load_model(str(target)).predict(rows) == estimator.predict(rows)).all()
