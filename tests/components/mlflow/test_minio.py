"""MinIO's users: what their policies allow, read from the documents and, where there is a MinIO, tried on it."""

import fnmatch
import json
import shutil
import subprocess
from functools import partial

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from components.mlflow.minio_manifests import stateful_set
from components.mlflow.minio_setup import (
    RELEASES_SCRIPT,
    SCRIPT,
    Releases,
    policy_documents,
    setup_job,
    store_clients,
)
from components.mlflow.s3_policies import bucket_policy
from components.mlflow.scripts import script
from settings.mlflow import Artifacts
from tests.components.mlflow.kubelet import Kubelet
from tests.servers import free_port

ARTIFACTS = Artifacts.model_validate({"bucket": "artifacts", "access": "direct"})
CLIENTS = store_clients(ARTIFACTS, backup_bucket="backups")
LIVE, LOCKED = (Releases(bucket="releases", prefix="prod/", served=served) for served in (False, True))
READ = ("s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation")
UPLOAD = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
DELETE = ("s3:DeleteObject",)
UNFINISHED = ("s3:ListBucketMultipartUploads",)
ALLOWED = {
    "read": READ,
    "upload": READ + UPLOAD,
    "release": READ + UPLOAD + UNFINISHED,
    "write": READ + UPLOAD + DELETE,
}
FORBIDDEN = (
    "s3:DeleteBucket", "s3:CreateBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration",
    "s3:BypassGovernanceRetention", "s3:PutObjectAcl", "s3:ListAllMyBuckets", "admin:CreateUser", "sts:AssumeRole",
)  # fmt: skip
NAMES = st.from_regex(r"[a-z][a-z0-9-]{2,20}", fullmatch=True)


def allows(document, action, resource, **context):
    """Judge as IAM does: allowed if a statement allows it and none denies it."""
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and all(
            any(fnmatch.fnmatchcase(context.get(key.partition(":")[2], ""), value) for value in values)
            for key, values in statement.get("Condition", {}).get("StringLike", {}).items()
        )
    }
    return effects == {"Allow"}


def place(bucket, key=None):
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key is not None else "")


@given(bucket=NAMES, other=NAMES, key=NAMES, rights=st.sampled_from(sorted(ALLOWED)))
def test_a_client_stays_in_its_bucket(bucket, other, key, rights):
    document = bucket_policy(bucket, rights)
    for action in READ + UPLOAD + UNFINISHED + DELETE:
        on = place(bucket) if "Bucket" in action else place(bucket, key)
        assert allows(document, action, on) is (action in ALLOWED[rights])
        if other != bucket:
            for foreign in (place(other), place(other, key), place(f"{bucket}{other}", key), place(f"{bucket}-x")):
                assert not allows(document, action, foreign)
    for action in FORBIDDEN:
        for on in (place(bucket), place(bucket, key), "*"):
            assert not allows(document, action, on)


@given(bucket=NAMES, prefix=NAMES, other=NAMES, key=NAMES)
def test_a_client_stays_below_its_prefix(bucket, prefix, other, key):
    document = bucket_policy(bucket, "read", f"{prefix}/")
    assert allows(document, "s3:GetObject", place(bucket, f"{prefix}/{key}"))
    assert allows(document, "s3:ListBucket", place(bucket), prefix=f"{prefix}/{key}")
    assert not allows(document, "s3:ListBucket", place(bucket), prefix="")
    if other != prefix:
        assert not allows(document, "s3:GetObject", place(bucket, f"{other}/{key}"))
        assert not allows(document, "s3:ListBucket", place(bucket), prefix=f"{other}/")
    # The folder that only begins with the same letters is another one.
    assert not allows(document, "s3:GetObject", place(bucket, f"{prefix}{other}/{key}"))


RIGHTS = {
    # The bucket of each client, its folder there, and its rights.
    "without releases": (
        None,
        {"mlflow": ("artifacts", "", "write"), "model-reader": ("artifacts", "", "read"),
         "training": ("artifacts", "", "upload"), "backup": ("backups", "", "write")},
    ),
    "live": (
        LIVE,
        {"mlflow": ("artifacts", "", "write"), "model-reader": ("artifacts", "", "read"),
         "training": ("artifacts", "", "upload"), "releaser": ("releases", "prod/", "release"),
         "backup": ("backups", "", "write")},
    ),
    "locked": (
        LOCKED,
        {"mlflow": ("artifacts", "", "write"), "model-reader": ("releases", "prod/", "read"),
         "training": ("artifacts", "", "upload"), "releaser": ("releases", "prod/", "release"),
         "backup": ("backups", "", "write")},
    ),
}  # fmt: skip
OBJECTS = (
    "artifacts/1/model",
    "releases/prod/iris/model",
    "releases/other/iris/model",
    "releases/model",
    "backups/base",
)


@pytest.mark.parametrize(("releases", "expected"), RIGHTS.values(), ids=RIGHTS)
def test_every_client_does_what_it_has_to_and_nothing_else(releases, expected):
    clients = {client.name: client for client in store_clients(ARTIFACTS, backup_bucket="backups", releases=releases)}
    assert set(clients) == set(expected)
    for name, (bucket, prefix, rights) in expected.items():
        document = clients[name].policy
        for path in OBJECTS:
            inside = path.startswith(f"{bucket}/{prefix}")
            where, _, key = path.partition("/")
            for action in READ[:1] + UPLOAD + DELETE:
                assert allows(document, action, place(where, key)) is (inside and action in ALLOWED[rights]), (
                    name,
                    action,
                    path,
                )
            assert allows(document, "s3:ListBucket", place(where), prefix=key) is inside, (name, path)
        for where in ("artifacts", "releases", "backups"):
            listed = allows(document, UNFINISHED[0], place(where))
            assert listed is (where == bucket and rights == "release"), (name, where)


def test_nobody_deletes_a_release_and_only_the_releaser_writes_one():
    release, may = place("releases", "prod/iris/sha256-0/model.pkl"), {}
    for releases in (LIVE, LOCKED):
        for client in store_clients(ARTIFACTS, backup_bucket="backups", releases=releases):
            may.setdefault(client.name, set()).update(
                action for action in (*READ, *UPLOAD, *DELETE) if allows(client.policy, action, release)
            )
    assert may == {
        "mlflow": set(), "training": set(), "backup": set(),
        "model-reader": {"s3:GetObject"}, "releaser": {"s3:GetObject", *UPLOAD},
    }  # fmt: skip


def test_without_releases_the_job_is_what_it_was():
    def container(releases):
        clients = store_clients(ARTIFACTS, releases=releases)
        job = setup_job("mlflow", "mc:v1", clients, scripts="s", policies="p", rotation={}, releases=releases)
        (found,) = job["spec"]["template"]["spec"]["containers"]
        return found["args"][0].rpartition("/")[2], {each["name"]: each.get("value") for each in found["env"]}

    program, variables = container(None)
    assert (program, variables["BUCKETS"]) == (SCRIPT, "artifacts")
    assert "VERSIONED_BUCKETS" not in variables
    program, variables = container(LIVE)
    assert (program, variables["BUCKETS"]) == (RELEASES_SCRIPT, "artifacts releases")
    assert variables["VERSIONED_BUCKETS"] == "releases"


def test_the_jobs_name_changes_with_all_that_it_does():
    def name(clients=CLIENTS, image="mc:v1", rotation="1", policies="p-1"):
        job = setup_job("mlflow", image, clients, scripts="s-1", policies=policies, rotation={"r": rotation})
        return job["metadata"]["name"]

    names = {name(), name(clients=CLIENTS[:2]), name(image="mc:v2"), name(rotation="2"), name(policies="p-2")}
    assert len(names) == 5
    assert name() == name()


NEEDS_MINIO = pytest.mark.skipif(
    not (shutil.which("minio") and shutil.which("mc")), reason="no MinIO on PATH (minio and mc)"
)


class Store:
    """A real MinIO, with the manifests' own command line, and clients of it."""

    def __init__(self, folder, settings, releases=None):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.releases = releases
        self.keys = {client.name: f"{client.name}-secret-key-0123456789" for client in self.clients}
        self.settings = settings().artifacts.minio

    @property
    def clients(self):
        return store_clients(ARTIFACTS, backup_bucket="backups", releases=self.releases)

    @property
    def kubelet(self):
        secrets = {
            "minio-root": {"username": "root", "password": "root-password-0123456789"},
            **{
                client.secret: {"AWS_ACCESS_KEY_ID": client.name, "AWS_SECRET_ACCESS_KEY": self.keys[client.name]}
                for client in self.clients
            },
        }
        scripts = {name: script(name) for name in (SCRIPT, RELEASES_SCRIPT)}
        config_maps = {"s-1": scripts, "p-1": policy_documents(self.clients)}
        replaced = {
            "minio.mlflow.svc:9000": f"127.0.0.1:{self.port}",
            ":9000": f"127.0.0.1:{self.port}",
            ":9001": f"127.0.0.1:{free_port()}",
        }
        return Kubelet(self.folder, secrets=secrets, config_maps=config_maps, replaced=replaced)

    def serve(self):
        pod = stateful_set(self.settings, "mlflow", "minio:v1", {})["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        pod = {**pod, "volumes": [*pod["volumes"], {"name": "data", "emptyDir": {}}]}
        args = [str(self.folder / "data") if part == "/data" else part for part in container["args"]]
        return self.kubelet.serve(pod, {**container, "args": args}, self.url)

    def set_up(self):
        job = setup_job(
            "mlflow", "mc:v1", self.clients, scripts="s-1", policies="p-1", rotation={}, releases=self.releases
        )
        pod = job["spec"]["template"]["spec"]
        done = self.kubelet.run(pod, pod["containers"][0], FILES=str(self.folder / "etc/minio"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert not any(key in done.stdout + done.stderr for key in self.keys.values())

    def client(self, name, key=None):
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=name,
            aws_secret_access_key=key or self.keys[name],
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}),
        )


def refused(request, code="AccessDenied"):
    with pytest.raises(ClientError) as caught:
        request()
    return caught.value.response["Error"]["Code"] == code


@NEEDS_MINIO
def test_on_a_real_minio(tmp_path, settings):
    store = Store(tmp_path, settings)
    with store.serve():
        # The job may run again, and gives rotated keys.
        store.set_up()
        store.keys["model-reader"] = "rotated-secret-key-0123456789"
        store.set_up()
        mlflow, reader, training, backup = (store.client(client.name) for client in CLIENTS)
        mlflow.put_object(Bucket="artifacts", Key="1/model.txt", Body=b"weights")
        assert reader.get_object(Bucket="artifacts", Key="1/model.txt")["Body"].read() == b"weights"
        assert reader.list_objects_v2(Bucket="artifacts")["KeyCount"] == 1
        backup.put_object(Bucket="backups", Key="base.tar", Body=b"backup")
        training.put_object(Bucket="artifacts", Key="2/model.txt", Body=b"weights")
        assert training.list_objects_v2(Bucket="artifacts")["KeyCount"] == 2
        part = {"Bucket": "artifacts", "Key": "3/large"}
        part["UploadId"] = training.create_multipart_upload(**part)["UploadId"]
        training.abort_multipart_upload(**part)
        for request in (
            lambda: training.delete_object(Bucket="artifacts", Key="1/model.txt"),
            lambda: training.get_object(Bucket="backups", Key="base.tar"),
            lambda: reader.put_object(Bucket="artifacts", Key="x", Body=b""),
            lambda: reader.delete_object(Bucket="artifacts", Key="1/model.txt"),
            lambda: reader.get_object(Bucket="backups", Key="base.tar"),
            lambda: mlflow.get_object(Bucket="backups", Key="base.tar"),
            lambda: mlflow.delete_bucket(Bucket="artifacts"),
            lambda: mlflow.create_bucket(Bucket="another"),
            lambda: backup.list_objects_v2(Bucket="artifacts"),
        ):
            assert refused(request)


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


def test_policies_are_files_of_the_job():
    assert {name: json.loads(text) for name, text in policy_documents(CLIENTS).items()} == {
        f"{client.name}.json": client.policy for client in CLIENTS
    }


# What `mc` prints of a user: on one line or on several, with this policy or another.
INFO = {
    '{"status":"success","accessKey":"reader","policyName":"reader"}': True,
    '{\n "status": "success",\n "accessKey": "reader",\n "policyName": "reader"\n}': True,
    '{"status":"success","accessKey":"reader","policyName":"other"}': False,
    '{"status":"success","accessKey":"reader","userStatus":"enabled"}': False,
}


@pytest.mark.parametrize(("info", "passes"), INFO.items(), ids=["compact", "indented", "other", "none"])
def test_a_policy_that_is_attached_already_is_no_error(tmp_path, info, passes):
    """Some versions of mc refuse to attach it again; its image has a shell and coreutils, and nothing else."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "basename", "sleep"):
        (programs / name).symlink_to(shutil.which(name))
    lines = ('case "$*" in', '  *"policy attach"*) exit 1 ;;', f"  *\"user info\"*) printf '%s' '{info}' ;;", "esac")
    (programs / "mc").write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    (programs / "mc").chmod(0o755)
    files = {"policies/reader.json": "{}", "clients/reader/AWS_ACCESS_KEY_ID": "reader"}
    for name, text in {**files, "clients/reader/AWS_SECRET_ACCESS_KEY": "hunter2"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    environment = {
        "PATH": str(programs), "FILES": str(tmp_path), "BUCKETS": "artifacts", "MINIO_ADDRESS": "minio:9000",
        "MINIO_ROOT_USER": "root", "MINIO_ROOT_PASSWORD": "hunter2",
    }  # fmt: skip
    done = subprocess.run(
        [programs / "sh", "-c", script("setup_minio.sh")], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is passes, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
