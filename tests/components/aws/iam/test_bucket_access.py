"""Who gets at what in the buckets: roles and bucket policies together, as AWS would judge them."""

import pytest

from tests.components.aws.iam import catalogue
from tests.components.aws.iam.catalogue import ARTIFACTS, BACKUPS, RELEASES
from tests.components.aws.iam.scenario import NEVER, NO, YES, asked

POLICIES = {
    ARTIFACTS: catalogue.BUCKETS["private"],
    RELEASES: catalogue.BUCKETS["releases"],
    BACKUPS: catalogue.BUCKETS["unshared"],
}


def at(who, action, place, **context):
    """Judge a request to one of the buckets; over TLS unless the context says otherwise."""
    bucket = place.partition("/")[0]
    tls = {"aws:SecureTransport": "true"}
    named = {f"s3:{key}": value for key, value in context.items() if key != "tls"}
    return asked(who, action, f"arn:aws:s3:::{place}", tls | named | context.get("tls", {}), POLICIES[bucket])


CREATES = {"ObjectCreationOperation": "true"}
ONCE = {**CREATES, "if-none-match": "*"}
PART = {"ObjectCreationOperation": "false"}
PLAIN_HTTP = {"tls": {"aws:SecureTransport": "false"}}
MODEL, OTHER_MODEL = f"{RELEASES}/prod/iris/sha256-0/model.pkl", f"{RELEASES}/prod/wine/sha256-0/model.pkl"
ARTIFACT, BACKUP = f"{ARTIFACTS}/mlflow/1/models/m-1/model.pkl", f"{BACKUPS}/postgresql/wals/1"


@pytest.mark.parametrize(
    ("who", "action", "place", "context", "expected"),
    [
        ("mlflow", "s3:GetObject", ARTIFACT, {}, YES),
        ("mlflow", "s3:PutObject", ARTIFACT, CREATES, YES),
        ("mlflow", "s3:PutObject", ARTIFACT, PART, YES),
        ("mlflow", "s3:AbortMultipartUpload", ARTIFACT, {}, YES),
        ("mlflow", "s3:ListMultipartUploadParts", ARTIFACT, {}, YES),
        ("mlflow", "s3:DeleteObject", ARTIFACT, {}, YES),
        ("mlflow", "s3:ListBucket", ARTIFACTS, {"prefix": "mlflow/1/models/"}, YES),
        ("mlflow", "s3:PutObject", ARTIFACT, CREATES | PLAIN_HTTP, NEVER),
        ("mlflow", "s3:GetObject", ARTIFACT, PLAIN_HTTP, NEVER),
        # Versions are what a deleted artifact comes back from.
        ("mlflow", "s3:DeleteObjectVersion", ARTIFACT, {}, NO),
        ("mlflow", "s3:PutObject", f"{ARTIFACTS}/mlflow-2/1", CREATES, NO),
        ("mlflow", "s3:GetObject", f"{ARTIFACTS}/other/1", {}, NO),
        ("mlflow", "s3:ListBucket", ARTIFACTS, {"prefix": ""}, NO),
        ("mlflow", "s3:ListBucket", ARTIFACTS, {}, NO),
        ("mlflow", "s3:ListBucket", ARTIFACTS, {"prefix": "mlflow-2/"}, NO),
        ("mlflow", "s3:PutBucketPolicy", ARTIFACTS, {}, NO),
        ("mlflow", "s3:GetObject", MODEL, {}, NO),
        ("mlflow", "s3:ListBucket", RELEASES, {"prefix": "prod/iris/"}, NO),
        ("mlflow", "s3:PutObject", MODEL, ONCE, NEVER),
        ("mlflow", "s3:DeleteObject", MODEL, {}, NEVER),
        ("mlflow", "s3:GetObject", BACKUP, {}, NO),
        ("training", "s3:PutObject", ARTIFACT, CREATES, YES),
        ("training", "s3:GetObject", ARTIFACT, {}, YES),
        # Deleting is for `mlflow gc` alone.
        ("training", "s3:DeleteObject", ARTIFACT, {}, NO),
        ("training", "s3:PutObject", f"{ARTIFACTS}/other/1", CREATES, NO),
        ("training", "s3:PutObject", MODEL, ONCE, NEVER),
    ],
)
def test_mlflow_and_training_have_their_artifacts_and_no_releases(who, action, place, context, expected):
    assert at(who, action, place, **context) == expected


@pytest.mark.parametrize(
    ("who", "action", "place", "context", "expected"),
    [
        ("server-a", "s3:GetObject", MODEL, {}, YES),
        # As KServe's storage initializer asks, and as rclone does.
        ("server-a", "s3:ListBucket", RELEASES, {"prefix": "prod/iris/sha256-0"}, YES),
        ("server-a", "s3:ListBucket", RELEASES, {"prefix": "prod/iris/sha256-0/", "delimiter": "/"}, YES),
        ("server-a", "s3:GetObject", OTHER_MODEL, {}, NO),
        ("server-a", "s3:ListBucket", RELEASES, {"prefix": "prod/wine/sha256-0"}, NO),
        ("server-a", "s3:ListBucket", RELEASES, {"prefix": "prod/"}, NO),
        ("server-a", "s3:ListBucket", RELEASES, {}, NO),
        ("server-a", "s3:GetObject", f"{RELEASES}/prod/iris-2/sha256-0/model.pkl", {}, NO),
        ("server-a", "s3:GetObject", f"{RELEASES}/dev/iris/sha256-0/model.pkl", {}, NO),
        ("server-a", "s3:GetObject", MODEL, PLAIN_HTTP, NEVER),
        ("server-a", "s3:PutObject", MODEL, ONCE, NEVER),
        ("server-a", "s3:DeleteObject", MODEL, {}, NEVER),
        ("server-a", "s3:GetObject", ARTIFACT, {}, NO),
        ("server-b", "s3:GetObject", OTHER_MODEL, {}, YES),
        ("server-b", "s3:GetObject", MODEL, {}, NO),
        ("live-server", "s3:GetObject", ARTIFACT, {}, YES),
        ("live-server", "s3:ListBucket", ARTIFACTS, {"prefix": "mlflow/1/models/m-1/artifacts"}, YES),
        ("live-server", "s3:PutObject", ARTIFACT, CREATES, NO),
        ("live-server", "s3:DeleteObject", ARTIFACT, {}, NO),
        ("live-server", "s3:GetObject", MODEL, {}, NO),
    ],
)
def test_model_servers_read_and_only_their_own(who, action, place, context, expected):
    assert at(who, action, place, **context) == expected


@pytest.mark.parametrize(
    ("who", "action", "place", "context", "expected"),
    [
        ("releaser", "s3:PutObject", MODEL, ONCE, YES),
        ("releaser", "s3:PutObject", f"{RELEASES}/prod/.mlplatform-conditional-writes", ONCE, YES),
        ("releaser", "s3:PutObject", f"{RELEASES}/prod/iris/versions/sha256-0/version.json", ONCE, YES),
        # Begin an upload, send a part; to put them together is a conditional write again.
        ("releaser", "s3:PutObject", MODEL, PART, YES),
        ("releaser", "s3:AbortMultipartUpload", MODEL, {}, YES),
        ("releaser", "s3:ListMultipartUploadParts", MODEL, {}, YES),
        ("releaser", "s3:ListBucketMultipartUploads", RELEASES, {}, YES),
        ("releaser", "s3:GetObject", MODEL, {}, YES),
        ("releaser", "s3:ListBucket", RELEASES, {"prefix": "prod/iris/"}, YES),
        ("releaser", "s3:PutObject", MODEL, CREATES, NEVER),
        ("releaser", "s3:PutObject", MODEL, ONCE | PLAIN_HTTP, NEVER),
        ("releaser", "s3:DeleteObject", MODEL, {}, NEVER),
        ("releaser", "s3:DeleteObjectVersion", MODEL, {}, NEVER),
        ("releaser", "s3:PutObject", f"{RELEASES}/dev/iris/model.pkl", ONCE, NO),
        ("releaser", "s3:ListBucket", RELEASES, {"prefix": "dev/"}, NO),
        ("releaser", "s3:GetObject", ARTIFACT, {}, NO),
        ("admin", "s3:GetObject", MODEL, {}, YES),
        ("admin", "s3:PutObject", MODEL, ONCE, NEVER),
        ("admin", "s3:PutObject", MODEL, PART, NEVER),
        ("admin", "s3:DeleteObject", MODEL, {}, NEVER),
        ("admin", "s3:DeleteObjectVersion", MODEL, {}, NEVER),
        ("admin", "s3:GetObject", MODEL, PLAIN_HTTP, NEVER),
        # Who may change the policy can take a refusal out for the time of a clean-up, and leaves a trace.
        ("admin", "s3:PutBucketPolicy", RELEASES, {}, YES),
        ("admin", "s3:PutObject", ARTIFACT, CREATES, YES),
        ("nobody", "s3:GetObject", MODEL, {}, NO),
        ("nobody", "s3:PutObject", MODEL, ONCE, NEVER),
    ],
)
def test_only_the_releaser_writes_only_once_and_nobody_deletes(who, action, place, context, expected):
    assert at(who, action, place, **context) == expected


@pytest.mark.parametrize(
    ("who", "action", "place", "context", "expected"),
    [
        ("reader", "s3:GetObject", MODEL, {}, YES),
        ("reader", "s3:ListBucket", RELEASES, {"prefix": "prod/iris/"}, YES),
        ("reader", "s3:GetObject", f"{RELEASES}/dev/iris/model.pkl", {}, NO),
        ("reader", "s3:GetObject", MODEL, PLAIN_HTTP, NEVER),
        ("reader", "s3:PutObject", MODEL, ONCE, NEVER),
        # Its own account gives it no artifacts, whatever the bucket says.
        ("reader", "s3:GetObject", ARTIFACT, {}, NO),
        ("stranger", "s3:GetObject", MODEL, {}, NO),
        ("stranger", "s3:GetObject", ARTIFACT, {}, NO),
        ("stranger", "s3:GetObject", BACKUP, {}, NO),
        ("stranger", "s3:ListBucket", RELEASES, {"prefix": "prod/"}, NO),
    ],
)
def test_other_accounts_read_what_they_were_given(who, action, place, context, expected):
    assert at(who, action, place, **context) == expected


@pytest.mark.parametrize(
    ("who", "action", "place", "context", "expected"),
    [
        ("backup", "s3:PutObject", BACKUP, CREATES, YES),
        ("backup", "s3:GetObject", BACKUP, {}, YES),
        # Retention.
        ("backup", "s3:DeleteObject", BACKUP, {}, YES),
        ("backup", "s3:ListBucket", BACKUPS, {"prefix": "postgresql/"}, YES),
        # barman-cloud asks whether the bucket is there (HeadBucket), which names no prefix.
        ("backup", "s3:ListBucket", BACKUPS, {}, YES),
        ("backup", "s3:PutObject", BACKUP, CREATES | PLAIN_HTTP, NEVER),
        ("backup", "s3:PutObject", f"{BACKUPS}/other/1", CREATES, NO),
        ("backup", "s3:DeleteObjectVersion", BACKUP, {}, NO),
        ("backup", "s3:GetObject", ARTIFACT, {}, NO),
    ],
)
def test_backups_keep_to_their_folder(who, action, place, context, expected):
    assert at(who, action, place, **context) == expected
