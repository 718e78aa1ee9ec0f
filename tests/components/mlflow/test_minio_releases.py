"""Releases in a real MinIO: who can do what, and that the release store needs no more than its users may."""

from functools import partial

import pytest

from mlplatform.config import ReleaseStoreSection
from mlplatform.registry.digest import FileDigest, artifact_digest, digest_stream
from mlplatform.registry.release import ReleaseStoreUnreachableError, open_release_store, release_uri
from mlplatform.registry.release.parts import SINGLE_LIMIT
from tests.components.mlflow.minio_server import LIVE, LOCKED, NEEDS_MINIO, Store, refused

RELEASE = {"Bucket": "releases", "Key": "prod/iris/sha256-0/model.pkl"}
ONCE = {"IfNoneMatch": "*"}


@NEEDS_MINIO
def test_releases_on_a_real_minio(tmp_path, settings):
    store = Store(tmp_path, settings, LIVE)
    with store.serve():
        store.set_up()
        store.keys["releaser"] = "rotated-secret-key-0123456789"
        store.set_up()
        releaser, reader, mlflow, training, backup = (
            store.client(name) for name in ("releaser", "model-reader", "mlflow", "training", "backup")
        )
        written = releaser.put_object(**RELEASE, Body=b"weights", ChecksumAlgorithm="SHA256", **ONCE)
        # The bucket keeps versions.
        assert written["VersionId"] not in {"", "null"}
        assert releaser.head_object(**RELEASE, ChecksumMode="ENABLED")["ChecksumSHA256"] == written["ChecksumSHA256"]
        assert refused(lambda: releaser.put_object(**RELEASE, Body=b"other", **ONCE), "PreconditionFailed")
        assert releaser.list_objects_v2(Bucket="releases", Prefix="prod/iris/")["KeyCount"] == 1
        # A large file: begun, found again by somebody else, finished once, never twice.
        large = {**RELEASE, "Key": "prod/iris/sha256-0/large"}
        for outcome in ("written", "refused"):
            upload = releaser.create_multipart_upload(**large)["UploadId"]
            unfinished = releaser.list_multipart_uploads(Bucket="releases", Prefix=large["Key"])["Uploads"]
            assert [each["UploadId"] for each in unfinished] == [upload]
            part = releaser.upload_part(**large, UploadId=upload, PartNumber=1, Body=outcome.encode())
            assert len(releaser.list_parts(**large, UploadId=upload)["Parts"]) == 1
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            finish = partial(
                releaser.complete_multipart_upload, **large, UploadId=upload, MultipartUpload=parts, **ONCE
            )
            if outcome == "written":
                finish()
            else:
                assert refused(finish, "PreconditionFailed")
                releaser.abort_multipart_upload(**large, UploadId=upload)
        assert releaser.get_object(**large)["Body"].read() == b"written"
        # Live: model servers read what MLflow wrote. Nobody else has to do with releases.
        mlflow.put_object(Bucket="artifacts", Key="1/model.txt", Body=b"weights")
        assert reader.get_object(Bucket="artifacts", Key="1/model.txt")["Body"].read() == b"weights"
        aside = {**RELEASE, "Key": "elsewhere/model.pkl"}
        for client in (reader, mlflow, training, backup):
            assert refused(partial(client.get_object, **RELEASE))
            assert refused(partial(client.put_object, **RELEASE, Body=b"other"))
            assert refused(partial(client.delete_object, **RELEASE))
            assert refused(partial(client.list_objects_v2, Bucket="releases", Prefix="prod/"))
        for request in (
            lambda: releaser.delete_object(**RELEASE),
            lambda: releaser.delete_object(**RELEASE, VersionId=written["VersionId"]),
            lambda: releaser.put_object(**aside, Body=b"weights", **ONCE),
            lambda: releaser.get_object(Bucket="artifacts", Key="1/model.txt"),
            lambda: releaser.list_objects_v2(Bucket="releases"),
            lambda: releaser.put_bucket_versioning(Bucket="releases", VersioningConfiguration={"Status": "Suspended"}),
        ):
            assert refused(request)
        # Locked from now on: model servers read releases, and nothing else.
        store.releases = LOCKED
        store.set_up()
        assert reader.get_object(**RELEASE)["Body"].read() == b"weights"
        assert reader.list_objects_v2(Bucket="releases", Prefix="prod/iris/")["KeyCount"] == 2
        for request in (
            lambda: reader.get_object(Bucket="artifacts", Key="1/model.txt"),
            lambda: reader.put_object(**RELEASE, Body=b"other"),
            lambda: reader.delete_object(**RELEASE),
            lambda: mlflow.get_object(**RELEASE),
            lambda: mlflow.put_object(**RELEASE, Body=b"other"),
        ):
            assert refused(request)
        # What MinIO cannot demand: a releaser that leaves the condition out overwrites. The old version stays.
        releaser.put_object(**RELEASE, Body=b"other")
        assert releaser.get_object(**RELEASE)["Body"].read() == b"other"
        root = store.client("root", "root-password-0123456789")
        kept = root.get_object(**RELEASE, VersionId=written["VersionId"])["Body"].read()
        assert kept == b"weights"
        # As the runbook brings it back.
        root.copy_object(**RELEASE, CopySource={**RELEASE, "VersionId": written["VersionId"]})
        assert reader.get_object(**RELEASE)["Body"].read() == b"weights"


def digests(folder):
    """Return the digest of every file of a flat folder."""
    found = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found.append(digest_stream(path.name, stream))
    return tuple(found)


def uri_of(files: tuple[FileDigest, ...]) -> str:
    return release_uri("s3://releases/prod", "iris", artifact_digest(files))


@NEEDS_MINIO
def test_the_release_store_stays_within_the_rights_of_its_users(tmp_path, settings, monkeypatch):
    """Below a prefix, with files that go in one request and in parts; publishing needs the releaser, verifying not."""
    store = Store(tmp_path, settings, LOCKED)

    def opened(name):
        # Each is a client of its own, which takes its credentials now.
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.keys[name])
        return open_release_store(
            ReleaseStoreSection.model_validate({"uri": "s3://releases/prod", "endpoint": store.url})
        )

    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "MLmodel").write_text("flavors: {}\n")
    (model / "weights").write_bytes(b"weights " * (SINGLE_LIMIT // 8 + 1))
    files = digests(model)
    with store.serve():
        store.set_up()
        for _ in range(2):
            opened("releaser").publish(uri_of(files), model, files)
        assert opened("model-reader").check(uri_of(files), files) == ()
        assert opened("model-reader").check(uri_of(files), files, full=True) == ()
        for name in ("mlflow", "training", "backup"):
            with pytest.raises(ReleaseStoreUnreachableError, match="refused s3:ListBucket"):
                opened(name).check(uri_of(files), files)
        (model / "weights").write_bytes(b"others")
        files = digests(model)
        with pytest.raises(ReleaseStoreUnreachableError, match="refused s3:PutObject"):
            opened("model-reader").publish(uri_of(files), model, files)
