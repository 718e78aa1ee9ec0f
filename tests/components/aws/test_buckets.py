"""Buckets: private, encrypted, versioned, and kept; and the one role that writes releases."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.bucket import lifecycle
from components.aws.iam.bucket_policies import private_bucket_policy, release_bucket_policy
from mlplatform.review.state.property_values import is_unknown
from tests.components.aws.project import ACCOUNT, KEY, PREFIX, READER, REGION, RELEASER, ZONES, all_of, one, state_of

PROGRAM = """
from components.aws.buckets import Buckets, BucketsArgs
from components.aws.keys import Keys, KeysArgs

keys = Keys(settings.aws.prefix, KeysArgs(settings=settings), opts=on_aws)
buckets = Buckets(settings.aws.prefix, BucketsArgs(settings=settings, keys=keys), opts=on_aws)
for purpose in ("artifacts", "releases", "backups"):
    found = getattr(buckets, purpose)
    fields = {"name": found.name, "prefix": found.prefix, "key": found.key_arn} if found else {}
    pulumi.export(purpose, {**fields, "ready": len(found.ready)} if found else "none")
pulumi.export("releaser", buckets.releaser_arn or "none")
"""
ROLE = f"{PREFIX}-releaser-{REGION}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
PARTS = [
    "BucketLifecycleConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
]


def name(purpose):
    return f"{PREFIX}-{purpose}-{ACCOUNT}-{REGION}"


def stack(**changes):
    own = {
        "artifacts": {"readers": [READER], "noncurrentDays": 40},
        "releases": {"readers": [READER], "releasers": [RELEASER]},
    }
    return {
        "environment": "production",
        "aws": {
            "network": {"cidr": "10.40.0.0/16", "zones": ZONES},
            "buckets": {**own, **changes.pop("buckets", {})},
            **changes,
        },
        "mlflow": {"artifacts": {"s3": {}}, "database": {"backup": {}}},
        "releaseStore": {"uri": f"s3://{name('releases')}/prod"},
        "certManager": {},
    }


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("buckets"), PROGRAM, **stack())


def of(state, kind, purpose):
    return all_of(state, kind)[f"{PREFIX}-{purpose}"]


def test_three_buckets_whose_names_are_known(state):
    buckets = {found: bucket.inputs["bucket"] for found, bucket in all_of(state, "Bucket").items()}
    assert buckets == {f"{PREFIX}-{purpose}": name(purpose) for purpose in ("artifacts", "backups", "releases")}
    outputs = state.resources[0].outputs
    assert {purpose: (outputs[purpose]["name"], outputs[purpose]["prefix"]) for purpose in buckets_of(outputs)} == {
        "artifacts": (name("artifacts"), "mlflow/"),
        "releases": (name("releases"), "prod/"),
        "backups": (name("backups"), "postgresql/"),
    }
    assert all(is_unknown(outputs[purpose]["key"]) for purpose in buckets_of(outputs))


def buckets_of(outputs):
    return [purpose for purpose in ("artifacts", "releases", "backups") if outputs[purpose] != "none"]


@pytest.mark.parametrize("purpose", ["artifacts", "backups", "releases"])
@pytest.mark.parametrize("part", PARTS)
def test_each_bucket_has_all_its_parts(state, purpose, part):
    assert of(state, "Bucket", purpose).urn in of(state, part, purpose).dependencies
    assert set(all_of(state, part)) == set(all_of(state, "Bucket"))


@pytest.mark.parametrize("purpose", ["artifacts", "backups", "releases"])
def test_a_bucket_is_versioned_encrypted_and_closed(state, purpose):
    assert of(state, "BucketVersioning", purpose).inputs["versioningConfiguration"] == {"status": "Enabled"}
    encryption = of(state, "BucketServerSideEncryptionConfiguration", purpose)
    (rule,) = encryption.inputs["rules"]
    assert rule["bucketKeyEnabled"] is True
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    assert is_unknown(rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"])
    assert of(state, "Key", "data").urn in encryption.dependencies
    assert of(state, "BucketOwnershipControls", purpose).inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    closed = of(state, "BucketPublicAccessBlock", purpose).inputs
    assert {key for key, value in closed.items() if value is True} == {
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }


def test_policies_are_known_before_anything_exists(state):
    policies = {found: json.loads(policy.inputs["policy"]) for found, policy in all_of(state, "BucketPolicy").items()}
    assert policies == {
        f"{PREFIX}-artifacts": private_bucket_policy(name("artifacts"), [READER], "mlflow"),
        f"{PREFIX}-backups": private_bucket_policy(name("backups")),
        f"{PREFIX}-releases": release_bucket_policy(name("releases"), ROLE_ARN, [READER], "prod/"),
    }


def test_a_bucket_is_closed_before_its_policy_and_versioned_before_versions_end(state):
    for found in all_of(state, "Bucket"):
        policy = all_of(state, "BucketPolicy")[found]
        assert all_of(state, "BucketPublicAccessBlock")[found].urn in policy.dependencies
        ending = all_of(state, "BucketLifecycleConfiguration")[found]
        assert {all_of(state, "BucketVersioning")[found].urn, policy.urn} <= set(ending.dependencies)


def test_what_ends_by_itself(state):
    kept = {}
    for found, configuration in all_of(state, "BucketLifecycleConfiguration").items():
        rules = {rule["id"]: rule for rule in configuration.inputs["rules"]}
        assert rules["unfinished-uploads"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        former = rules.get("former-versions", {}).get("noncurrentVersionExpiration", {})
        kept[found.removeprefix(f"{PREFIX}-")] = former.get("noncurrentDays")
    assert kept == {"artifacts": 40, "backups": 14, "releases": None}


@given(st.none() | st.integers(1, 10_000))
def test_no_rule_ever_ends_a_current_version(days):
    for rule in lifecycle(days):
        assert rule["status"] == "Enabled"
        assert rule.get("expiration", {}).keys() <= {"expired_object_delete_marker"}
        assert "transitions" not in rule
        assert rule["filter"] == {"prefix": ""}
    ended = [rule for rule in lifecycle(days) if "noncurrent_version_expiration" in rule]
    assert [rule["noncurrent_version_expiration"]["noncurrent_days"] for rule in ended] == ([days] if days else [])


def test_in_production_a_bucket_stays_with_all_that_keeps_it_private(state):
    for kind in ("Bucket", *PARTS):
        assert {(each.protect, each.retain_on_delete) for each in all_of(state, kind).values()} == {(True, True)}


def test_elsewhere_buckets_go_with_the_stack(tmp_path):
    zones = {"network": {"cidr": "10.40.0.0/16", "zones": ZONES}}
    found = state_of(tmp_path, PROGRAM, **{**stack(), "environment": "development", "aws": zones})
    assert {(each.protect, each.retain_on_delete) for each in all_of(found, "Bucket").values()} == {(False, False)}


def test_exactly_the_named_take_the_releasers_role(state):
    role = one(state, "Role").inputs
    assert role["name"] == ROLE
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"AWS": [RELEASER]}, "sts:AssumeRole")
    assert state.resources[0].outputs["releaser"] == ROLE_ARN


def test_the_releasers_rights_show_before_the_key_is_there(state):
    rights = json.loads(of(state, "Policy", "releaser").inputs["policy"])
    places = {place for statement in rights["Statement"] for place in statement["Resource"]}
    assert places == {f"arn:aws:s3:::{name('releases')}", f"arn:aws:s3:::{name('releases')}/prod/*"}
    key = of(state, "Policy", "releaser-key")
    assert is_unknown(key.inputs["policy"])
    assert of(state, "Key", "data").urn in key.dependencies
    for found, policy in all_of(state, "Policy").items():
        assert {policy.urn, one(state, "Role").urn} == set(all_of(state, "RolePolicyAttachment")[found].dependencies)


def test_with_a_known_key_all_rights_show(tmp_path):
    found = state_of(tmp_path, PROGRAM, **stack(keys={"existing": KEY}))
    document = json.loads(of(found, "Policy", "releaser-key").inputs["policy"])
    assert {statement["Resource"][0] for statement in document["Statement"]} == {KEY}
    assert {"kms:Decrypt", "kms:GenerateDataKey"} == {a for each in document["Statement"] for a in each["Action"]}


def test_where_nobody_releases_nobody_writes(tmp_path):
    found = state_of(tmp_path, PROGRAM, **stack(buckets={"releases": {}}))
    assert not all_of(found, "Role")
    assert found.resources[0].outputs["releaser"] == "none"
    policy = json.loads(of(found, "BucketPolicy", "releases").inputs["policy"])
    (only,) = [statement for statement in policy["Statement"] if statement["Sid"] == "OnlyTheReleaserWrites"]
    assert only["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": ROLE_ARN}}


def test_buckets_of_somebody_else_are_only_named(tmp_path):
    existing = {purpose: {"existing": f"our-{purpose}"} for purpose in ("artifacts", "backups")}
    releases = {"releases": {"existing": "our-releases", "keyArn": KEY, "releasers": [RELEASER]}}
    changed = stack(buckets={**existing, **releases})
    changed["releaseStore"] = {"uri": "s3://our-releases"}
    found = state_of(tmp_path, PROGRAM, **changed)
    assert not any(all_of(found, kind) for kind in ("Bucket", *PARTS))
    outputs = found.resources[0].outputs
    for purpose, prefix in (("artifacts", "mlflow/"), ("backups", "postgresql/"), ("releases", "")):
        wanted = {
            "name": f"our-{purpose}",
            "prefix": prefix,
            # Of a key that nobody here knows, nobody gets a right.
            "key": KEY if purpose == "releases" else None,
            "ready": 0,
        }
        assert outputs[purpose] == wanted
    policies = all_of(found, "Policy")
    assert set(policies) == {f"{PREFIX}-releaser", f"{PREFIX}-releaser-key"}
    (statement,) = json.loads(policies[f"{PREFIX}-releaser-key"].inputs["policy"])["Statement"]
    assert statement["Resource"] == [KEY]


def test_a_stack_that_keeps_nothing_has_no_buckets(tmp_path):
    found = state_of(tmp_path, PROGRAM)
    assert not all_of(found, "Bucket")
    assert found.resources[0].outputs == dict.fromkeys(("artifacts", "backups", "releases", "releaser"), "none")
