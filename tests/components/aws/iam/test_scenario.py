"""Who gets in where, of everybody that has to do with a stack: the documents together, as AWS would judge them."""

import pytest

from components.aws.iam import documents
from tests.aws.iam_evaluator import Request, decide
from tests.components.aws.iam import catalogue
from tests.components.aws.iam.catalogue import (
    ACCOUNT,
    ARTIFACTS,
    BACKUPS,
    CLUSTER,
    ISSUER,
    KEY,
    LOG_GROUP,
    OIDC,
    READER,
    REGION,
    RELEASER,
    RELEASES,
    ZONE,
    role,
)

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READING = documents.artifact_reader_document(RELEASES, "prod/", KEY, REGION)
YES, NO, NEVER = "allow", "implicit deny", "explicit deny"

WHO = {
    "mlflow": (role("mlflow"), [catalogue.PERMISSIONS["mlflow"]]),
    "server-a": (role("a"), documents.model_reader_documents(RELEASES, "prod/", ["iris"])),
    "server-b": (role("b"), documents.model_reader_documents(RELEASES, "prod/", ["wine"])),
    "live-server": (role("live"), [catalogue.PERMISSIONS["artifact-reader"]]),
    "releaser": (RELEASER, [catalogue.PERMISSIONS["releaser"]]),
    "backup": (role("backup"), [catalogue.PERMISSIONS["backup"]]),
    "admin": (role("admin"), [EVERYTHING]),
    # Of another account, with the rights that it gives.
    "reader": (READER, [READING]),
    "stranger": (role("stranger", "999999999999"), [EVERYTHING]),
    "autoscaler": (role("autoscaler"), [catalogue.PERMISSIONS["autoscaler"]]),
    "dns": (role("dns"), [catalogue.PERMISSIONS["dns01"]]),
    "flow-logs": (role("flow-logs"), [catalogue.PERMISSIONS["flow-logs"]]),
    "csi": (role("csi"), [catalogue.PERMISSIONS["volumes-key"]]),
    "nobody": (role("nobody"), []),
}
POLICIES = {
    ARTIFACTS: catalogue.BUCKETS["private"],
    RELEASES: catalogue.BUCKETS["releases"],
    BACKUPS: catalogue.BUCKETS["unshared"],
}


def asked(who, action, resource, context, policy=None):
    principal, identity = WHO[who]
    request = Request(action=action, resource=resource, principal=principal, context=context)
    return decide(request, identity=identity, resource=policy, resource_account=ACCOUNT)


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
    ],
)
def test_mlflow_has_its_artifacts_and_no_releases(who, action, place, context, expected):
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


GROUPS = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/eks-cpu"
NODE_GROUPS = f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup"
MINE = {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{CLUSTER}": "owned"}
FOREIGN = {"aws:ResourceTag/k8s.io/cluster-autoscaler/another": "owned"}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("autoscaling:DescribeAutoScalingGroups", "*", {}, YES),
        ("autoscaling:SetDesiredCapacity", GROUPS, MINE, YES),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", GROUPS, MINE, YES),
        ("autoscaling:SetDesiredCapacity", GROUPS, FOREIGN, NO),
        ("autoscaling:SetDesiredCapacity", GROUPS, {}, NO),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", GROUPS, FOREIGN, NO),
        ("autoscaling:SetDesiredCapacity", GROUPS.replace(REGION, "eu-west-1"), MINE, NO),
        ("autoscaling:UpdateAutoScalingGroup", GROUPS, MINE, NO),
        ("eks:DescribeNodegroup", f"{NODE_GROUPS}/{CLUSTER}/cpu/1", {}, YES),
        ("eks:DescribeNodegroup", f"{NODE_GROUPS}/{CLUSTER}-2/cpu/1", {}, NO),
        ("eks:UpdateNodegroupConfig", f"{NODE_GROUPS}/{CLUSTER}/cpu/1", {}, NO),
    ],
)
def test_the_autoscaler_changes_its_own_groups(action, resource, context, expected):
    assert asked("autoscaler", action, resource, context) == expected


HOSTED = f"arn:aws:route53:::hostedzone/{ZONE}"
CHANGE = "route53:ChangeResourceRecordSets"


def records(names, types):
    return {f"{CHANGE}NormalizedRecordNames": names, f"{CHANGE}RecordTypes": types, f"{CHANGE}Actions": ["UPSERT"]}


CHALLENGE = records(["_acme-challenge.models.example.org"], ["TXT"])


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        (CHANGE, HOSTED, CHALLENGE, YES),
        ("route53:ListResourceRecordSets", HOSTED, {}, YES),
        ("route53:GetChange", "arn:aws:route53:::change/C123", {}, YES),
        (CHANGE, HOSTED, records(["_acme-challenge.models.example.org"], ["A"]), NO),
        (CHANGE, HOSTED, records(["_acme-challenge.models.example.org"], ["TXT", "CNAME"]), NO),
        (CHANGE, HOSTED, records(["models.example.org"], ["TXT"]), NO),
        (CHANGE, HOSTED, records(["_acme-challenge.a.org", "a.org"], ["TXT"]), NO),
        (CHANGE, HOSTED, {}, NO),
        (CHANGE, "arn:aws:route53:::hostedzone/Z9", CHALLENGE, NO),
        ("route53:DeleteHostedZone", HOSTED, {}, NO),
        ("route53:ListHostedZones", "*", {}, NO),
    ],
)
def test_cert_manager_answers_challenges_and_changes_nothing_else(action, resource, context, expected):
    assert asked("dns", action, resource, context) == expected


LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("logs:CreateLogStream", f"{LOGS}{LOG_GROUP}:log-stream:eni-1", YES),
        ("logs:PutLogEvents", f"{LOGS}{LOG_GROUP}:log-stream:eni-1", YES),
        ("logs:DescribeLogGroups", f"{LOGS}:log-stream:", YES),
        ("logs:PutLogEvents", f"{LOGS}{LOG_GROUP}-2:log-stream:eni-1", NO),
        ("logs:PutLogEvents", f"{LOGS}/aws/eks/{CLUSTER}/cluster:log-stream:x", NO),
        ("logs:DeleteLogGroup", f"{LOGS}{LOG_GROUP}:*", NO),
    ],
)
def test_flow_logs_write_to_their_group(action, resource, expected):
    assert asked("flow-logs", action, resource, {}) == expected


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


def token(account, audience="sts.amazonaws.com"):
    return {f"{ISSUER}:sub": f"system:serviceaccount:{account}", f"{ISSUER}:aud": audience}


@pytest.mark.parametrize(
    ("provider", "claims", "expected"),
    [
        (OIDC, token("mlflow:mlflow"), YES),
        (OIDC, token("mlflow:default"), NO),
        (OIDC, token("models:mlflow"), NO),
        (OIDC, token("mlflow:mlflow-2"), NO),
        (OIDC, token("mlflow:mlflow", "https://kubernetes.default.svc"), NO),
        (OIDC, {f"{ISSUER}:sub": "system:serviceaccount:mlflow:mlflow"}, NO),
        (OIDC, {}, NO),
        (f"{OIDC[:-1]}E", token("mlflow:mlflow"), NO),
    ],
)
def test_a_role_is_taken_by_one_account_of_one_cluster(provider, claims, expected):
    request = Request(
        action="sts:AssumeRoleWithWebIdentity", resource=role("mlflow"), principal=provider, context=claims
    )
    assert decide(request, resource=catalogue.TRUSTS["service-account"]) == expected


FLOW_LOG = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/fl-1"


@pytest.mark.parametrize(
    ("trust", "principal", "context", "expected"),
    [
        ("node", "ec2.amazonaws.com", {}, YES),
        ("node", "eks.amazonaws.com", {}, NO),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, YES),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": "999999999999"}, NO),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": FLOW_LOG}, YES),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, NO),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": "9", "aws:SourceArn": FLOW_LOG}, NO),
        ("releaser", role("ci"), {}, YES),
        ("releaser", role("other"), {}, NO),
        ("releaser", role("ci", "999999999999"), {}, NO),
    ],
)
def test_roles_of_services_and_people(trust, principal, context, expected):
    request = Request(action="sts:AssumeRole", resource=role("r"), principal=principal, context=context)
    assert decide(request, resource=catalogue.TRUSTS[trust]) == expected
