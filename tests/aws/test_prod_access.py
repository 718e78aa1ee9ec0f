"""Who may what in prod, by what the account itself says: its roles, trusts, buckets and keys, made in moto."""

import base64
import json

import pytest

from mlplatform.review.state.export_document import export_document
from tests.aws.inputs import UnknownInputError
from tests.aws.monitor import PASSWORD, generated
from tests.aws.reading import annotated, may, may_use_key, takes
from tests.aws.rights import taken_by

YES, NO, NEVER = "allow", "implicit deny", "explicit deny"
ARTIFACTS, RELEASES = (f"mlplatform-prod-{purpose}-123456789012-eu-central-1" for purpose in ("artifacts", "releases"))
CREATES = {"ObjectCreationOperation": "true"}
ONCE = {**CREATES, "if_none_match": "*"}
PART = {"ObjectCreationOperation": "false"}
MLFLOW, READER, SELDON = ("mlflow", "mlflow"), ("models", "model-reader"), ("models-seldon", "model-reader")


@pytest.fixture(scope="module")
def roles(prod):
    return annotated((made["type"], made["inputs"]) for made in prod.others)


@pytest.fixture
def role(roles, request):
    """The role of whoever the case begins with."""
    releaser = "arn:aws:iam::123456789012:role/mlplatform-prod-releaser-eu-central-1"
    return {**roles, "releaser": releaser}[request.param]


def test_each_service_account_takes_its_own_role_and_no_other(prod, roles):
    assert {MLFLOW, READER, SELDON, ("cert-manager", "cert-manager")} < set(roles)
    assert ("cluster-autoscaler", "cluster-autoscaler") in roles
    for pod in [*roles, ("default", "default")]:
        for owner, role in roles.items():
            assert takes(prod.account, role, *pod) == (YES if pod == owner else NO)
    assert takes(prod.account, roles[MLFLOW], *MLFLOW, audience="https://kubernetes.default.svc") == NO


@pytest.mark.parametrize("cluster", ["mlplatform-other", "mlplatform-prod-2"])
def test_eks_takes_the_role_of_the_cluster_for_no_other(prod, cluster):
    (made,) = prod.of_type("aws:eks/cluster:Cluster").values()
    own = f"arn:aws:eks:eu-central-1:123456789012:cluster/{made['inputs']['name']}"
    role, service = made["inputs"]["roleArn"], "eks.amazonaws.com"
    assert taken_by(prod.account, role, service, own) == role
    with pytest.raises(UnknownInputError, match="does not let"):
        taken_by(prod.account, role, service, own.replace(made["inputs"]["name"], cluster))


def test_no_role_of_a_service_account_is_left_over(prod, roles):
    for_accounts = {
        made["inputs"]["name"]
        for made in prod.of_type("aws:iam/role:Role").values()
        if "AssumeRoleWithWebIdentity" in made["inputs"]["assumeRolePolicy"]
    }
    addons = [entry.get("serviceAccountRoleArn") for entry in prod.account.kept("CreateAddon")]
    assert for_accounts == {arn.rpartition("/")[2] for arn in [*roles.values(), *filter(None, addons)]}


@pytest.mark.parametrize(
    ("role", "action", "place", "context", "expected"),
    [
        (MLFLOW, "s3:GetObject", f"{ARTIFACTS}/mlflow/1/models/m-1/MLmodel", {}, YES),
        (MLFLOW, "s3:PutObject", f"{ARTIFACTS}/mlflow/1/models/m-1/MLmodel", CREATES, YES),
        (MLFLOW, "s3:ListBucket", ARTIFACTS, {"prefix": "mlflow/1/"}, YES),
        (MLFLOW, "s3:PutObject", f"{ARTIFACTS}/elsewhere", CREATES, NO),
        (MLFLOW, "s3:GetObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", {}, NO),
        (MLFLOW, "s3:PutObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", ONCE, NEVER),
        (READER, "s3:GetObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", {}, YES),
        (READER, "s3:GetObject", f"{RELEASES}/diabetes-regressor/sha256-0/MLmodel", {}, YES),
        (READER, "s3:ListBucket", RELEASES, {"prefix": "iris-classifier/sha256-0/"}, YES),
        (READER, "s3:GetObject", f"{RELEASES}/breast-cancer-detector/sha256-0/MLmodel", {}, NO),
        (READER, "s3:ListBucket", RELEASES, {"prefix": ""}, NO),
        (READER, "s3:GetObject", f"{ARTIFACTS}/mlflow/1/models/m-1/MLmodel", {}, NO),
        (READER, "s3:PutObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", ONCE, NEVER),
        (SELDON, "s3:GetObject", f"{RELEASES}/breast-cancer-detector/sha256-0/MLmodel", {}, YES),
        (SELDON, "s3:GetObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", {}, NO),
        ("releaser", "s3:PutObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", ONCE, YES),
        ("releaser", "s3:PutObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", PART, YES),
        ("releaser", "s3:GetObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", {}, YES),
        ("releaser", "s3:PutObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", CREATES, NEVER),
        ("releaser", "s3:DeleteObject", f"{RELEASES}/iris-classifier/sha256-0/MLmodel", {}, NEVER),
        ("releaser", "s3:PutObject", f"{ARTIFACTS}/mlflow/1/models/m-1/MLmodel", CREATES, NO),
    ],
    indirect=["role"],
)
def test_who_reads_and_writes_what(prod, role, action, place, context, expected):  # noqa: PLR0913, PLR0917 - one case
    assert may(prod.account, role, action, place, **context) == expected


@pytest.mark.parametrize(
    ("role", "action", "bucket", "expected"),
    [
        (MLFLOW, "kms:GenerateDataKey", ARTIFACTS, YES),
        (MLFLOW, "kms:Decrypt", ARTIFACTS, YES),
        (MLFLOW, "kms:Decrypt", RELEASES, NO),
        (READER, "kms:Decrypt", RELEASES, YES),
        (READER, "kms:Decrypt", ARTIFACTS, NO),
        (READER, "kms:GenerateDataKey", RELEASES, NO),
        (SELDON, "kms:Decrypt", RELEASES, YES),
        ("releaser", "kms:GenerateDataKey", RELEASES, YES),
        ("releaser", "kms:Decrypt", ARTIFACTS, NO),
    ],
    indirect=["role"],
)
def test_who_uses_the_key_of_which_bucket(prod, role, action, bucket, expected):
    assert may_use_key(prod.account, role, action, bucket) == expected


def test_the_way_into_the_cluster_holds_no_token(prod):
    (provider,) = (made for made in prod.others if made["type"] == "pulumi:providers:kubernetes")
    config = json.loads(provider["inputs"]["kubeconfig"])
    cluster = prod.account.eks.describe_cluster(name="mlplatform-prod")["cluster"]
    assert config["clusters"][0]["cluster"] == {
        "server": cluster["endpoint"],
        "certificate-authority-data": cluster["certificateAuthority"]["data"],
    }
    assert set(config["users"][0]["user"]) == {"exec"}
    signing_in = config["users"][0]["user"]["exec"]
    assert signing_in["command"] == "aws"
    assert {"get-token", "mlplatform-prod", "eu-central-1"} < set(signing_in["args"])


def test_nothing_secret_is_in_the_state(prod):
    """Here the passwords and the kubeconfig are known, as they are at an update."""
    written = json.dumps(export_document(prod.state))
    passwords = [entry.name for entry in prod.state.resources if entry.type == PASSWORD]
    assert len(passwords) > 3
    opened = json.dumps([prod.others, prod.resources])
    for name in passwords:
        assert generated(name) in opened
        for form in (generated(name), base64.b64encode(generated(name).encode()).decode()):
            assert form not in written
    authority = prod.account.eks.describe_cluster(name="mlplatform-prod")["cluster"]["certificateAuthority"]["data"]
    assert authority in opened
    assert authority not in written
    for trace in ("client-key-data", "client-certificate-data", "PRIVATE KEY", 'AWS_SECRET_ACCESS_KEY\\": \\"'):
        assert trace not in written
