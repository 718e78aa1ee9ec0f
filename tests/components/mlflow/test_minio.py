"""MinIO's users: what their policies allow, read from the documents and, where there is a MinIO, tried on it."""

import fnmatch
import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.mlflow.minio_setup import (
    RELEASES_SCRIPT,
    SCRIPT,
    policy_documents,
    setup_job,
    store_clients,
)
from components.mlflow.scripts import script
from components.s3_policies import bucket_policy
from tests.components.mlflow.minio_server import ARTIFACTS, CLIENTS, LIVE, LOCKED, NEEDS_MINIO, Store, refused

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
