"""Every policy document of prod as the account gives it back, whoever wrote it."""

import json

import pytest

from policies.rules.iam_policy_has_no_wildcard import document_faults
from tests.aws.iam_linter import unexpected
from tests.aws.reading import may

# As policies.rules.iam_policy_has_no_wildcard calls whose they are.
OWNERS = {"permissions": "identity", "trusts": "role or key", "keys": "role or key", "buckets": "bucket"}
ONCE = {"ObjectCreationOperation": "true", "if_none_match": "*"}


@pytest.fixture(scope="module")
def documents(prod):
    """What it is -> the documents of the stack's own."""
    iam, kms, s3 = prod.account.iam, prod.account.kms, prod.account.s3
    policies = [made["id"] for made in prod.of_type("aws:iam/policy:Policy").values()]
    versions = {arn: iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] for arn in policies}
    roles = [made["id"] for made in prod.of_type("aws:iam/role:Role").values()]
    keys = [made["id"] for made in prod.of_type("aws:kms/key:Key").values()]
    buckets = [made["id"] for made in prod.of_type("aws:s3/bucket:Bucket").values()]
    return {
        "permissions": [
            iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            for arn, version in versions.items()
        ],
        "trusts": [iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] for role in roles],
        "keys": [json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) for key in keys],
        "buckets": [json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) for bucket in buckets],
    }


@pytest.mark.parametrize("of", OWNERS)
def test_a_linter_finds_nothing(documents, of):
    assert documents[of]
    assert [finding for document in documents[of] for finding in unexpected(of, document)] == []


@pytest.mark.parametrize(("of", "owner"), OWNERS.items())
def test_the_policy_pack_finds_nothing(documents, of, owner):
    """A preview leaves some of these documents undecided: they hold what AWS makes."""
    assert [fault for document in documents[of] for fault in document_faults(document, of=owner)] == []


def test_of_all_roles_one_writes_releases_and_none_deletes_them(prod):
    roles = {name: made["id"] for name, made in prod.of_type("aws:iam/role:Role").items()}
    (releases,) = (made["id"] for made in prod.of_type("aws:s3/bucket:Bucket").values() if "-releases-" in made["id"])
    writers = set()
    for name, role in roles.items():
        arn = prod.account.iam.get_role(RoleName=role)["Role"]["Arn"]
        assert may(prod.account, arn, "s3:DeleteObject", f"{releases}/iris-classifier/x") == "explicit deny"
        if may(prod.account, arn, "s3:PutObject", f"{releases}/iris-classifier/x", **ONCE) == "allow":
            writers.add(name)
    assert writers == {"mlplatform-prod-releaser"}
