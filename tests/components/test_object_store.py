"""What the stack keeps for model servers to read a store with."""

import pytest

from components.kubernetes.object_stores import (
    ObjectStore,
    StoreKeys,
    kserve_annotations,
    rclone_settings,
    secret_name,
    store_secrets,
)
from mlplatform.config import ObjectStoreSection

MINIO = ObjectStore(
    endpoint="http://minio.mlflow.svc:9000",
    keys=StoreKeys(access_key_id="model-reader", secret_access_key="hunter2"),
)
ROLE = ObjectStore(role_arn="arn:aws:iam::123456789012:role/models")
KEPT = ObjectStore.from_settings(ObjectStoreSection.model_validate({"existingSecret": "theirs"}))


def test_minio_of_the_stack():
    assert kserve_annotations(MINIO) == {
        "serving.kserve.io/s3-endpoint": "minio.mlflow.svc:9000",
        "serving.kserve.io/s3-usehttps": "0",
    }
    assert store_secrets(MINIO, "kserve") == {"AWS_ACCESS_KEY_ID": "model-reader", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    assert store_secrets(MINIO, "seldon") == {
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
    assert (secret_name(store, "kserve"), secret_name(store, "seldon")) == (kserve, seldon)
    for engine, name in (("kserve", kserve), ("seldon", seldon)):
        assert bool(store_secrets(store, engine)) == (name is not None and name != "theirs")


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
