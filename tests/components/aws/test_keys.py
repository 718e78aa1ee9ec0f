"""Keys: one a purpose, rotated, and used by nobody who is not meant to."""

import json

import pytest

from components.aws.keys import policies
from mlplatform.review.state.property_values import is_unknown
from tests.components.aws.project import KEY, PREFIX, READER, ZONES, all_of, settings_of, state_of

PURPOSES = ["data", "logs", "secrets", "volumes"]
PROGRAM = """
from components.aws.keys import Keys, KeysArgs

keys = Keys(settings.aws.prefix, KeysArgs(settings=settings), opts=on_aws)
for purpose in ("secrets", "data", "volumes", "logs"):
    pulumi.export(purpose, getattr(keys, purpose))
"""
PRODUCTION = {"environment": "production", "aws": {"network": {"cidr": "10.40.0.0/16", "zones": ZONES}}}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("keys"), PROGRAM, **PRODUCTION)


def outputs(state):
    return state.resources[0].outputs


def logs_arns(document):
    (statement,) = [each for each in document["Statement"] if "Service" in each["Principal"]]
    return [arn.partition(":log-group:")[2] for arn in statement["Condition"]["ArnLike"].popitem()[1]]


def test_a_key_and_an_alias_for_each_purpose(state):
    assert list(all_of(state, "Key")) == [f"{PREFIX}-{purpose}" for purpose in PURPOSES]
    aliases = {name: alias.inputs["name"] for name, alias in all_of(state, "Alias").items()}
    assert aliases == {f"{PREFIX}-{purpose}": f"alias/{PREFIX}-{purpose}" for purpose in PURPOSES}


def test_each_alias_is_of_the_key_of_its_name(state):
    keys = all_of(state, "Key")
    assert all(alias.dependencies == (keys[name].urn,) for name, alias in all_of(state, "Alias").items())


def test_keys_are_rotated_and_deleted_late(state):
    for key in all_of(state, "Key").values():
        assert (key.inputs["enableKeyRotation"], key.inputs["deletionWindowInDays"]) == (True, 30)


def test_keys_have_their_policies_from_the_start(state):
    wanted = policies(settings_of(**PRODUCTION))
    assert sorted(wanted) == PURPOSES
    for name, key in all_of(state, "Key").items():
        assert json.loads(key.inputs["policy"]) == wanted[name.removeprefix(f"{PREFIX}-")]


def test_what_a_key_will_be_called_is_unknown(state):
    assert all(is_unknown(outputs(state)[purpose]) for purpose in PURPOSES)


def test_in_production_keys_outlive_the_stack_and_their_aliases_do_not(state):
    assert {(key.protect, key.retain_on_delete) for key in all_of(state, "Key").values()} == {(True, True)}
    assert {(alias.protect, alias.retain_on_delete) for alias in all_of(state, "Alias").values()} == {(False, False)}


def test_elsewhere_keys_go_with_the_stack(tmp_path):
    keys = all_of(state_of(tmp_path, PROGRAM), "Key")
    assert {(key.protect, key.retain_on_delete) for key in keys.values()} == {(False, False)}


def test_one_existing_key_for_everything(tmp_path):
    found = state_of(tmp_path, PROGRAM, aws={"keys": {"existing": KEY}})
    assert all_of(found, "Key") == all_of(found, "Alias") == {}
    assert outputs(found) == dict.fromkeys(PURPOSES, KEY)


def test_the_log_groups_that_are_encrypted():
    assert logs_arns(policies(settings_of())["logs"]) == [
        f"/aws/eks/{PREFIX}/cluster",
        f"/aws/vpc-flow-logs/{PREFIX}",
    ]


def test_a_network_of_somebody_else_has_no_flow_logs_here():
    zones = {"eu-central-1a": "subnet-0123456789abcdef0", "eu-central-1b": "subnet-0123456789abcdef1"}
    network = {"existing": {"vpcId": "vpc-0123456789abcdef0", "privateSubnets": zones}}
    assert logs_arns(policies(settings_of(aws={"network": network}))["logs"]) == [f"/aws/eks/{PREFIX}/cluster"]


def test_readers_of_other_stacks_decrypt_their_bucket():
    document = policies(settings_of(aws={"buckets": {"artifacts": {"readers": [READER]}}}))["data"]
    (grant,) = [each for each in document["Statement"] if each["Principal"] == {"AWS": [READER]}]
    place = f"arn:aws:s3:::{PREFIX}-artifacts-123456789012-eu-central-1"
    assert grant["Condition"]["StringLike"] == {"kms:EncryptionContext:aws:s3:arn": [place, f"{place}/*"]}
