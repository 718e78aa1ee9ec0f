"""Who uses which key: roles and key policies together, as AWS would judge them."""

import pytest

from tests.aws.iam_evaluator import Request, decide
from tests.components.aws.iam import catalogue
from tests.components.aws.iam.catalogue import ACCOUNT, ARTIFACTS, BACKUPS, CLUSTER, KEY, LOG_GROUP, REGION, RELEASES
from tests.components.aws.iam.scenario import NO, YES, asked

LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
S3, EC2 = f"s3.{REGION}.amazonaws.com", f"ec2.{REGION}.amazonaws.com"
BY_EC2 = {"kms:ViaService": EC2, "kms:CallerAccount": ACCOUNT}


def through_s3(bucket):
    return {"kms:ViaService": S3, "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}


@pytest.mark.parametrize(
    ("who", "key", "action", "context", "expected"),
    [
        ("mlflow", "data", "kms:Decrypt", through_s3(ARTIFACTS), YES),
        ("mlflow", "data", "kms:GenerateDataKey", through_s3(ARTIFACTS), YES),
        # Written before the bucket had a bucket key.
        ("mlflow", "data", "kms:Decrypt", through_s3(f"{ARTIFACTS}/mlflow/1"), YES),
        ("mlflow", "data", "kms:Decrypt", through_s3(RELEASES), NO),
        ("mlflow", "data", "kms:Decrypt", through_s3(f"{ARTIFACTS}-2"), NO),
        ("mlflow", "data", "kms:Decrypt", {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{ARTIFACTS}"}, NO),
        ("mlflow", "data", "kms:ScheduleKeyDeletion", {}, NO),
        ("releaser", "data", "kms:GenerateDataKey", through_s3(RELEASES), YES),
        ("releaser", "data", "kms:Decrypt", through_s3(ARTIFACTS), NO),
        ("server-a", "data", "kms:Decrypt", through_s3(RELEASES), YES),
        ("server-a", "data", "kms:GenerateDataKey", through_s3(RELEASES), NO),
        ("server-a", "data", "kms:Decrypt", through_s3(ARTIFACTS), NO),
        ("backup", "data", "kms:GenerateDataKey", through_s3(BACKUPS), YES),
        ("backup", "data", "kms:Decrypt", through_s3(ARTIFACTS), NO),
        ("live-server", "data", "kms:Decrypt", through_s3(ARTIFACTS), YES),
        ("live-server", "data", "kms:GenerateDataKey", through_s3(ARTIFACTS), NO),
        ("reader", "data", "kms:Decrypt", through_s3(RELEASES), YES),
        ("reader", "data", "kms:Decrypt", through_s3(ARTIFACTS), NO),
        ("stranger", "data", "kms:Decrypt", through_s3(RELEASES), NO),
        ("nobody", "data", "kms:Decrypt", through_s3(RELEASES), NO),
        ("admin", "data", "kms:PutKeyPolicy", {}, YES),
        ("admin", "secrets", "kms:ScheduleKeyDeletion", {}, YES),
        ("nobody", "secrets", "kms:Decrypt", {}, NO),
        ("stranger", "secrets", "kms:Decrypt", {}, NO),
        # The role of Auto Scaling has no policy about this key; EC2 uses it for everybody of the account.
        ("nobody", "volumes", "kms:GenerateDataKeyWithoutPlaintext", BY_EC2, YES),
        ("nobody", "volumes", "kms:CreateGrant", BY_EC2 | {"kms:GrantIsForAWSResource": "true"}, YES),
        ("nobody", "volumes", "kms:CreateGrant", BY_EC2, NO),
        ("nobody", "volumes", "kms:Decrypt", {"kms:CallerAccount": ACCOUNT}, NO),
        ("nobody", "volumes", "kms:PutKeyPolicy", BY_EC2, NO),
        ("stranger", "volumes", "kms:Decrypt", {"kms:ViaService": EC2, "kms:CallerAccount": "999999999999"}, NO),
        # A key of somebody else, which leaves it to the policies of the account.
        ("csi", "secrets", "kms:GenerateDataKeyWithoutPlaintext", {"kms:ViaService": EC2}, YES),
        ("csi", "secrets", "kms:CreateGrant", {"kms:ViaService": EC2, "kms:GrantIsForAWSResource": "true"}, YES),
        ("csi", "secrets", "kms:CreateGrant", {"kms:ViaService": EC2, "kms:GrantIsForAWSResource": "false"}, NO),
        ("csi", "secrets", "kms:Decrypt", {}, NO),
    ],
)  # fmt: skip
def test_keys_are_used_through_their_service(who, key, action, context, expected):
    assert asked(who, action, KEY, context, catalogue.KEYS[key]) == expected


@pytest.mark.parametrize(
    ("service", "group", "action", "expected"),
    [
        (f"logs.{REGION}.amazonaws.com", LOG_GROUP, "kms:GenerateDataKey", YES),
        (f"logs.{REGION}.amazonaws.com", f"/aws/eks/{CLUSTER}/cluster", "kms:Decrypt", YES),
        (f"logs.{REGION}.amazonaws.com", "/somebody/elses", "kms:Decrypt", NO),
        ("logs.eu-west-1.amazonaws.com", LOG_GROUP, "kms:Decrypt", NO),
        (f"logs.{REGION}.amazonaws.com", LOG_GROUP, "kms:PutKeyPolicy", NO),
    ],
)
def test_logs_are_encrypted_for_these_groups(service, group, action, expected):
    context = {"kms:EncryptionContext:aws:logs:arn": f"{LOGS}{group}"}
    request = Request(action=action, resource=KEY, principal=service, context=context)
    assert decide(request, resource=catalogue.KEYS["logs"]) == expected
