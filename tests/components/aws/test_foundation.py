"""The foundation as a whole: one provider, tags and fitting names everywhere, and the order of teardown."""

from dataclasses import replace

import pytest

from components.aws.names import names
from components.aws.tags import tags
from mlplatform.review.state.property_values import is_unknown
from tests.components.aws import walk
from tests.components.aws.project import (
    ACCOUNT,
    AWS,
    KEY,
    PREFIX,
    REGION,
    RELEASER,
    ZONES,
    all_of,
    one,
    settings_of,
    state_of,
)

PROGRAM = """
from components.aws.foundation import Foundation, FoundationArgs

Foundation(settings.aws.prefix, FoundationArgs(settings=settings))
"""
# The longest that fits, and with it the longest of everything that is named after it.
LONG = "p" * 20


def stack(prefix=PREFIX, **aws):
    return {
        "environment": "production",
        "aws": {
            "prefix": prefix,
            "network": {"cidr": "10.40.0.0/16", "zones": ZONES},
            "nodeGroups": [{**AWS["nodeGroups"][0], "minSize": 3}],
            "buckets": {"releases": {"releasers": [RELEASER]}},
            "tags": {**AWS["tags"], "additional": {"Project": "search"}},
            **aws,
        },
        "certManager": {},
        "mlflow": {"artifacts": {"s3": {}}, "database": {"backup": {}}},
        "releaseStore": {"uri": f"s3://{prefix}-releases-{ACCOUNT}-{REGION}"},
    }


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("foundation"), PROGRAM, **stack())


def own_provider(state):
    (provider,) = [each for each in state.resources if each.type == "pulumi:providers:aws" and "Foundation" in each.urn]
    return provider


def test_everything_is_made_in_one_account_and_region(state):
    provider = own_provider(state)
    assert provider.inputs["region"] == REGION
    assert provider.inputs["allowedAccountIds"] == f'["{ACCOUNT}"]'
    assert {each.provider.rpartition("::")[0] for each in walk.aws_resources(state)} == {provider.urn}


def test_everything_that_can_be_tagged_is(state):
    wanted = tags(settings_of(**stack()))
    assert {"Environment", "Owner", "CostCentre", "ManagedBy", "Project"} == set(wanted)
    assert walk.untagged(state, wanted) == []


def test_a_missing_tag_would_be_found(state):
    found = walk.untagged(state, {"Nobody": "has it"})
    assert f"aws:ec2/vpc:Vpc {PREFIX}" in found
    assert not any("RouteTableAssociation" in each for each in found)


def test_all_names_fit_with_the_longest_prefix(tmp_path):
    found = state_of(tmp_path, PROGRAM, **stack(LONG))
    assert walk.unfit_names(found) == []
    assert {each.type for each in walk.aws_resources(found)} >= {"aws:iam/role:Role", "aws:s3/bucket:Bucket"}


def test_what_aws_will_answer_is_unknown(state):
    (foundation,) = [each for each in state.resources if each.type == "mlplatform:aws:Foundation"]
    assert is_unknown(foundation.outputs["vpcId"])
    assert foundation.outputs["clusterName"] == PREFIX
    assert foundation.outputs["releaserArn"] == f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-releaser-{REGION}"


def test_the_cluster_goes_before_every_way_out(state):
    needed = set(one(state, "Cluster").dependencies)
    for kind in ("InternetGateway", "Route", "VpcEndpoint"):
        assert {each.urn for each in all_of(state, kind).values()} <= needed


def test_nothing_is_made_that_is_handed_in(tmp_path):
    zones = dict(zip(ZONES, (f"subnet-{number:017x}" for number in range(3)), strict=True))
    own = {"artifacts": {"existing": "our-artifacts"}, "backups": {"existing": "our-backups"}}
    changed = stack(
        network={"existing": {"vpcId": "vpc-0123456789abcdef0", "privateSubnets": zones}},
        keys={"existing": KEY},
        buckets={**own, "releases": {"existing": "our-releases"}},
    )
    changed["releaseStore"] = {"uri": "s3://our-releases"}
    found = state_of(tmp_path, PROGRAM, **changed)
    made = {each.type.split(":")[1].partition("/")[0] for each in walk.aws_resources(found)}
    assert made == {"cloudwatch", "ec2", "eks", "iam"}
    assert {each.type for each in walk.aws_resources(found) if ":ec2/" in each.type} == {
        "aws:ec2/launchTemplate:LaunchTemplate"
    }
    assert one(found, "Cluster").inputs["vpcConfig"]["subnetIds"] == list(zones.values())


def test_names_are_measured_as_they_are_given(state):
    for kind in ("NodeGroup", "LaunchTemplate"):
        measured = {name.name for name in names(settings_of(**stack())) if name.type.endswith(f":{kind}")}
        assert measured == set(all_of(state, kind))


def test_a_name_that_does_not_fit_would_be_found(state):
    role = all_of(state, "Role")[f"{PREFIX}-flow-logs"]
    long = replace(role, urn=f"{role.urn}-{'x' * 64}")
    (fault,) = walk.unfit_names(replace(state, resources=(role, long)))
    assert "an IAM role, which has at most 64 characters" in fault
