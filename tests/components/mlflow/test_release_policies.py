"""The policies that the runbook gives for AWS S3: those of the code, and a bucket policy that holds whoever asks."""

import fnmatch
import json
import re
from pathlib import Path

import pytest

from components.s3_policies import bucket_policy

RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/release-store.md"
BUCKET, RELEASER, READER = (
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", RUNBOOK.read_text(), re.DOTALL)
)
OBJECT = "arn:aws:s3:::model-releases/prod/iris/sha256-0/model.pkl"
ROLE = "arn:aws:iam::123456789012:role"
# What a request is judged by: of these, only the ones that create an object count as ObjectCreationOperation.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
CONDITIONAL = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}
PLAIN = {"s3:ObjectCreationOperation": "true"}
PART = {"s3:ObjectCreationOperation": "false"}


def holds(operator, key, expected, context):
    """Judge one condition as IAM does."""
    value = context.get(key)
    if operator == "Null":
        return (value is None) is (expected == "true")
    if operator == "ArnNotEquals":
        return value != expected
    assert operator == "Bool"
    return value == expected


def denied(action, resource, context):
    return [
        statement["Sid"]
        for statement in BUCKET["Statement"]
        if statement["Effect"] == "Deny"
        and action in statement["Action"]
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and all(
            holds(operator, key, expected, context)
            for operator, tests in statement.get("Condition", {}).items()
            for key, expected in tests.items()
        )
    ]


def test_users_policies_are_those_of_the_code():
    assert bucket_policy("model-releases", "release", "prod/") == RELEASER
    assert bucket_policy("model-releases", "read", "prod/") == READER


@pytest.mark.parametrize(
    ("who", "action", "context", "refused"),
    [
        ("releaser", "s3:PutObject", CONDITIONAL, []),
        ("releaser", "s3:PutObject", PART, []),
        ("releaser", "s3:PutObject", PLAIN, ["NobodyOverwrites"]),
        ("releaser", "s3:DeleteObject", {}, ["NobodyDeletes"]),
        ("releaser", "s3:GetObject", {}, []),
        ("mlflow", "s3:PutObject", CONDITIONAL, ["OnlyTheReleaserWrites"]),
        ("mlflow", "s3:PutObject", PART, ["OnlyTheReleaserWrites"]),
        ("mlflow", "s3:PutObject", PLAIN, ["OnlyTheReleaserWrites", "NobodyOverwrites"]),
        ("admin", "s3:DeleteObjectVersion", {}, ["NobodyDeletes"]),
        ("model-reader", "s3:GetObject", {}, []),
    ],
)
def test_the_bucket_policy_binds_everybody(who, action, context, refused):
    assert denied(action, OBJECT, {"aws:PrincipalArn": f"{ROLE}/{who}", **context}) == refused
