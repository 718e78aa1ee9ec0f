"""Rules about AWS: what they say of documents and of resources that are not known yet, and which types have tags."""

import importlib
import inspect

import pytest
from pulumi_policy.proxy import UnknownValueError

from policies.rules.aws_resource_is_tagged import RULE as TAGGED_RULE
from tests.policies.aws_fixtures import GOOD, NO_STAR, PROTECTED, READ, STATEFUL, UNKNOWN, document
from tests.policies.judging import spoil, violations


@pytest.mark.parametrize("name", STATEFUL)
def test_production_has_to_be_protected(name):
    kind, properties = GOOD[name]
    found = violations(kind, properties, protect=False)
    assert [rule for rule, _ in found] == [PROTECTED]
    assert "protect=True" in found[0][1]


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "fc00::/16"])
def test_the_widest_network_of_an_organisation_may_reach_a_cluster(cidr):
    kind, properties = GOOD["cluster"]
    assert violations(kind, spoil(properties, "vpcConfig.publicAccessCidrs", [cidr])) == []


@pytest.mark.parametrize("name", STATEFUL)
def test_what_is_no_production_may_go(name):
    kind, properties = GOOD[name]
    assert violations(kind, spoil(properties, "tags.Environment", "development"), protect=False) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("policy", "policy"),
        ("role", "assumeRolePolicy"),
        ("bucket-policy", "policy"),
        ("bucket-block", "blockPublicAcls"),
        ("cluster", "vpcConfig.publicAccessCidrs"),
        ("cluster", "vpcConfig.publicAccessCidrs.0"),
        ("database", "storageEncrypted"),
        ("launch-template", "metadataOptions.httpTokens"),
        ("bucket", "tags"),
    ],
)
def test_what_decides_and_is_not_known_is_not_passed_over(name, path):
    kind, properties = GOOD[name]
    with pytest.raises(UnknownValueError):
        violations(kind, spoil(properties, path, UNKNOWN))


def test_what_is_known_of_a_role_is_judged_before_the_rest():
    kind, properties = GOOD["role"]
    star = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a"}
    unknown = spoil(spoil(properties, "assumeRolePolicy", UNKNOWN), "inlinePolicies.0.policy", document(star))
    found = []
    with pytest.raises(UnknownValueError):
        violations(kind, unknown, found=found)
    assert [rule for rule, _ in found] == [NO_STAR]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEquals": {"AWS:principalaccount": ["123456789012"]}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}},
    ],
)
def test_a_condition_may_hold_everybody_to_an_account(condition):
    kind, properties = GOOD["bucket-policy"]
    shared = document(READ | {"Principal": "*", "Condition": condition})
    assert violations(kind, spoil(properties, "policy", shared)) == []


@pytest.mark.parametrize("token", TAGGED_RULE.resource_types)
def test_what_is_to_be_tagged_can_be(token):
    package, _, name = token.removeprefix("aws:").partition("/")
    resource = getattr(importlib.import_module(f"pulumi_aws.{package}"), name.partition(":")[2])
    assert "tags" in inspect.signature(resource._internal_init).parameters
