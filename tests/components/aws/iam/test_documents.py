"""Each document as it is sent, and what holds of all of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.iam import bucket_policies, documents, key_policies, size, trust
from components.s3_policies import bucket_statements
from tests.aws.iam_evaluator import Request, decide
from tests.components.aws.iam import catalogue
from tests.components.aws.iam.catalogue import ACCOUNT, ALL, KEY, PERMISSIONS, REGION
from tests.golden import assert_golden

HERE = Path(__file__).parent
BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9-]{1,20}[a-z0-9]", fullmatch=True)
FOLDERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
KEYS = st.text("abc/._-*?$", max_size=12)
# Those that name their resource or action by kind, each with what the service offers nothing better for.
WITHOUT_RESOURCE = {
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeTags",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
}


def statements(effect="Allow", among=ALL):
    return [
        (name, each) for name, document in among.items() for each in document["Statement"] if each["Effect"] == effect
    ]


def listed(value):
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("name", ALL)
def test_as_it_is_sent(name):
    assert_golden(HERE, name.replace("/", "-"), ALL[name])


def test_nothing_is_permitted_by_a_star():
    for name, each in statements():
        assert not [action for action in listed(each["Action"]) if "*" in action], name
        assert "NotAction" not in each, name
        assert "NotResource" not in each, name


def test_every_resource_of_a_role_is_named_where_the_service_knows_one():
    for name, each in statements(among=PERMISSIONS):
        if "*" in each["Resource"]:
            assert set(each["Action"]) <= WITHOUT_RESOURCE, name


def test_documents_fit_what_they_are_for():
    for name, each in ALL.items():
        limit = {
            "permissions": size.MANAGED_POLICY,
            "trusts": size.TRUST_POLICY,
            "buckets": size.BUCKET_POLICY,
            "keys": size.KEY_POLICY,
        }
        assert size.length(each) <= limit[name.partition("/")[0]]


@given(mine=BUCKETS, other=BUCKETS, prefix=FOLDERS, key=KEYS)
def test_no_role_gets_into_another_bucket(mine, other, prefix, key):
    if mine == other:
        other = f"{mine}-2"
    made = [
        documents.artifact_store_document(mine, prefix),
        documents.artifact_writer_document(mine, prefix),
        documents.artifact_reader_document(mine, prefix),
        *documents.model_reader_documents(mine, prefix, [prefix]),
        documents.releaser_document(mine, prefix),
        documents.backup_document(mine, prefix),
        documents.bucket_key_document(mine, KEY, REGION, writes=True),
    ]
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"):
        asked = Request(action=action, resource=f"arn:aws:s3:::{other}/{prefix}/{key}", principal=catalogue.role("r"))
        assert decide(asked, identity=made) == "implicit deny"
    for action in ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"):
        asked = Request(
            action=action,
            resource=f"arn:aws:s3:::{other}",
            principal=catalogue.role("r"),
            context={"s3:prefix": f"{prefix}/{key}"},
        )
        assert decide(asked, identity=made) == "implicit deny"
    sealed = Request(
        action="kms:Decrypt",
        resource=KEY,
        principal=catalogue.role("r"),
        context={
            "kms:ViaService": f"s3.{REGION}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{other}",
        },
    )
    delegating = key_policies.account_key_policy(ACCOUNT)
    assert decide(sealed, identity=made, resource=delegating) == "implicit deny"


@given(prefix=st.one_of(st.just(""), FOLDERS), mine=st.lists(FOLDERS, max_size=3), other=FOLDERS, key=KEYS)
def test_model_servers_read_their_own_models_only(prefix, mine, other, key):
    made = documents.model_reader_documents("releases", prefix, mine)
    begin = f"{prefix}/" if prefix else ""
    place = f"{begin}{other}/{key}"
    expected = "allow" if other in mine else "implicit deny"
    reads = Request(action="s3:GetObject", resource=f"arn:aws:s3:::releases/{place}", principal=catalogue.role("r"))
    assert decide(reads, identity=made) == expected
    lists = Request(
        action="s3:ListBucket",
        resource="arn:aws:s3:::releases",
        principal=catalogue.role("r"),
        context={"s3:prefix": place},
    )
    assert decide(lists, identity=made) == expected


@pytest.mark.parametrize("number", [1, 40, 150, 300])
def test_many_models_take_several_documents_that_say_the_same(number):
    folders = [f"team-{place % 7}-a-model-with-a-long-name-{place}" for place in range(number)]
    made = documents.model_reader_documents("releases", "prod", folders)
    assert all(size.length(each) <= size.MANAGED_POLICY for each in made)
    whole = {
        resource
        for each in made
        for statement in each["Statement"]
        for resource in statement["Resource"]
        if statement["Action"] == ["s3:GetObject"]
    }
    assert whole == {f"arn:aws:s3:::releases/prod/{folder}/*" for folder in folders}
    for folder in (folders[0], folders[-1], "another"):
        asked = Request(
            action="s3:ListBucket",
            resource="arn:aws:s3:::releases",
            principal=catalogue.role("r"),
            context={"s3:prefix": f"prod/{folder}/sha256-0"},
        )
        assert decide(asked, identity=made) == ("allow" if folder in folders else "implicit deny")


@given(st.sets(FOLDERS, max_size=12), FOLDERS, st.integers(520, 1200))
def test_split_documents_say_what_one_document_would(folders, other, limit):
    def build(some):
        return {"Version": "2012-10-17", "Statement": bucket_statements("releases", "read", some)}

    places = sorted(f"prod/{folder}/" for folder in folders)
    split, whole = size.split(places, build, limit), [build(places)] if places else []
    assert all(size.length(each) <= limit for each in split)
    for folder in {*folders, other}:
        for action, resource in (("s3:GetObject", f"releases/prod/{folder}/x"), ("s3:ListBucket", "releases")):
            asked = Request(
                action=action,
                resource=f"arn:aws:s3:::{resource}",
                principal=catalogue.role("r"),
                context={"s3:prefix": f"prod/{folder}/"},
            )
            assert decide(asked, identity=split) == decide(asked, identity=whole)


def test_more_models_than_a_role_has_room_for():
    with pytest.raises(ValueError, match=r"1000 registered models take .* serve some of them from another namespace"):
        documents.model_reader_documents(
            "releases", "prod", [f"a-model-with-a-long-name-{place}" for place in range(1000)]
        )


def test_no_models_no_rights():
    assert documents.model_reader_documents("releases", "prod", []) == []


@pytest.mark.parametrize("prefix", ["mlflow", "mlflow/", "/mlflow/"])
def test_a_prefix_is_a_folder(prefix):
    expected = documents.artifact_store_document("artifacts", "mlflow/")
    assert documents.artifact_store_document("artifacts", prefix) == expected


@pytest.mark.parametrize("wild", ["*", "a*", "a?", "a${aws:username}", ""])
@pytest.mark.parametrize(
    "build",
    [
        lambda name: documents.artifact_store_document(name, "mlflow"),
        lambda name: documents.backup_document(name, "postgresql"),
        lambda name: documents.bucket_key_document(name, KEY, REGION),
        lambda name: documents.model_reader_documents("releases", "prod", [name]),
        lambda name: documents.autoscaler_document(name, REGION, ACCOUNT),
        documents.dns01_document,
        lambda name: documents.flow_logs_document(REGION, ACCOUNT, name),
        lambda name: trust.principals_trust([name]),
        lambda name: trust.service_account_trust(
            oidc_arn=catalogue.OIDC, issuer=catalogue.ISSUER, namespace=name, service_account="mlflow"
        ),
        lambda name: trust.service_account_trust(
            oidc_arn=catalogue.OIDC, issuer=catalogue.ISSUER, namespace="mlflow", service_account=name
        ),
        lambda name: bucket_policies.private_bucket_policy("artifacts", [name]),
        lambda name: bucket_policies.release_bucket_policy("releases", name),
        lambda name: key_policies.data_key_policy(ACCOUNT, REGION, {"releases": [name]}),
    ],
)
def test_a_name_that_would_mean_more_is_refused(build, wild):
    with pytest.raises(ValueError, match="exact"):
        build(wild)


@pytest.mark.parametrize(
    "build", [lambda: trust.principals_trust([]), lambda: key_policies.logs_key_policy("1", "r", [])]
)
def test_a_document_about_nobody_is_refused(build):
    with pytest.raises(ValueError, match="name "):
        build()
