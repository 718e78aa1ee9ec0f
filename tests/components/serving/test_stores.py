"""What the stack keeps for model servers to read a store with."""

import dataclasses

import pytest

from components.kubernetes.object_stores import ObjectStore, StoreKeys, service_account_annotations
from components.serving.engines import ENGINES
from components.serving.engines.kserve import store_annotations
from components.serving.engines.seldon import rclone_settings
from mlplatform.config import ObjectStoreSection
from tests.served import example_models, settings_with

MINIO = ObjectStore(
    endpoint="http://minio.mlflow.svc:9000",
    keys=StoreKeys(access_key_id="model-reader", secret_access_key="hunter2"),
)
ROLE = ObjectStore(role_arn="arn:aws:iam::123456789012:role/models")
KEPT = ObjectStore.from_settings(ObjectStoreSection.model_validate({"existingSecret": "theirs"}))


def test_minio_of_the_stack():
    kserve, seldon = (ENGINES[name].store_secret(MINIO) for name in ("kserve", "seldon"))
    assert kserve.annotations == {
        "serving.kserve.io/s3-endpoint": "minio.mlflow.svc:9000",
        "serving.kserve.io/s3-usehttps": "0",
    }
    assert kserve.content == {"AWS_ACCESS_KEY_ID": "model-reader", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    assert seldon.annotations is None
    assert seldon.content == {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "Minio",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false",
        "RCLONE_CONFIG_S3_ENDPOINT": "http://minio.mlflow.svc:9000",
        "RCLONE_CONFIG_S3_ACCESS_KEY_ID": "model-reader",
        "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": "hunter2",
    }


@pytest.mark.parametrize(
    ("store", "kserve", "seldon"),
    [(MINIO, "model-store", "model-store-rclone"), (ROLE, None, "model-store-rclone"), (KEPT, "theirs", "theirs")],
)
def test_a_secret_is_kept_where_the_engine_is_told_of_one(store, kserve, seldon):
    """KServe is told by the service account, Seldon by the deployment."""
    settings = settings_with({"serving": "seldon"}, objectStore={"existingSecret": store.secret})
    (served,) = example_models(settings)
    accounts = [engine.account_secret(store) for engine in ENGINES.values()]
    assert accounts == [kserve, None]
    assert served.manifest["spec"]["predictors"][0]["graph"]["envSecretRefName"] == seldon
    for engine, name in (("kserve", kserve), ("seldon", seldon)):
        assert (ENGINES[engine].store_secret(store) is not None) == (name == ENGINES[engine].secret)


def test_url_tls_and_uri():
    assert (MINIO.url, MINIO.tls) == ("http://minio.mlflow.svc:9000", False)
    assert (ROLE.url, ROLE.tls) == ("https://s3.amazonaws.com", True)
    assert ObjectStore(bucket="b").uri == "s3://b"
    assert ObjectStore(bucket="b", prefix="mlflow").uri == "s3://b/mlflow"
    with pytest.raises(ValueError, match="without a bucket"):
        _ = MINIO.uri


def test_a_secret_key_is_not_shown():
    assert "hunter2" not in repr(MINIO)


def test_seldon_is_told_that_an_etag_is_no_md5_on_aws():
    """Buckets there are under a key of KMS; rclone would take each small file for broken."""
    settings = rclone_settings(ROLE)
    assert settings["RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION"] == "aws:kms"
    assert settings["RCLONE_CONFIG_S3_ENV_AUTH"] == "true"
    assert "RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION" not in rclone_settings(MINIO)


def test_a_role_needs_no_secret_in_kserve(store):
    role = store(roleArn="arn:aws:iam::123456789012:role/models")
    assert ENGINES["kserve"].account_secret(role) is None
    assert ENGINES["kserve"].store_secret(role) is None
    assert ENGINES["seldon"].store_secret(role).content["RCLONE_CONFIG_S3_ENV_AUTH"] == "true"
    assert service_account_annotations(role) == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/models"}
    with_region = store(roleArn="arn:aws:iam::123456789012:role/models", region="eu-central-1")
    assert service_account_annotations(with_region)["serving.kserve.io/s3-region"] == "eu-central-1"


def test_existing_secret_serves_both_engines(store):
    existing = store(existingSecret="minio")
    assert ENGINES["kserve"].account_secret(existing) == "minio"
    assert [engine.store_secret(existing) for engine in ENGINES.values()] == [None, None]


def test_minio_endpoint_for_kserve_is_host_and_port(store):
    annotations = store_annotations(store(endpoint="https://minio.example.org:9000", region="eu"))
    assert annotations == {
        "serving.kserve.io/s3-endpoint": "minio.example.org:9000",
        "serving.kserve.io/s3-usehttps": "1",
        "serving.kserve.io/s3-region": "eu",
    }


def test_rclone_settings(store):
    assert rclone_settings(store(region="eu")) == {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "true",
        "RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION": "aws:kms",
        "RCLONE_CONFIG_S3_REGION": "eu",
    }
    minio = dataclasses.replace(
        store(endpoint="http://minio.storage.svc:9000"),
        keys=StoreKeys(access_key_id="reader", secret_access_key="k"),
    )
    assert rclone_settings(minio)["RCLONE_CONFIG_S3_ENV_AUTH"] == "false"
    assert rclone_settings(minio)["RCLONE_CONFIG_S3_PROVIDER"] == "Minio"
    assert "RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION" not in rclone_settings(minio)
