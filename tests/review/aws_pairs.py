"""Pairs of states of a small stack on AWS: before, as the engine exports it; after, as the offline preview sees it."""

import json

from tests.review.pairs import facts, served
from tests.review.states import SECRET, UNKNOWN, entry, state

URN = "urn:pulumi:dev::mlplatform::"
PROVIDER = f"{URN}pulumi:providers:aws::aws"
TAGS = {"Environment": "production", "Owner": "ml-platform", "CostCentre": "4711"}
ROLE = "arn:aws:iam::123456789012:role/mlplatform-prod-cluster-1a2b3c4"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/6a1c2b3d-1111-2222-3333-444455556666"
_TRUSTED = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_TRUSTED]})
PRIVATE = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


class Account:
    """Makes the resources of one side: ``exported`` ones have ids and what the provider filled in."""

    def __init__(self, *, exported):
        self.exported = exported
        self.made = []

    def add(self, type_, name, inputs, sources=None, *, tagged=True, **more):
        """Add a resource; return its URN."""
        urn = f"{URN}aws:{type_}::{name}"
        inputs = {**inputs, **({"tags": TAGS} if tagged else {})}
        if self.exported:
            inputs |= {"__defaults": ["filledIn"], "filledIn": "by the provider"}
            if tagged:
                inputs |= {"tags": {"__defaults": [], **TAGS}, "tagsAll": TAGS}
            if "iam/" not in type_:
                inputs["region"] = "eu-central-1"
        known = {key: [source] for key, source in (sources or {}).items()}
        options = {"propertyDependencies": known, "dependencies": sorted({each for [each] in known.values()})}
        self.made.append(entry(urn, inputs, provider=f"{PROVIDER}::id", **options, **more))
        return urn

    def of(self, known):
        """Return what is known of a resource that is there."""
        return known if self.exported else UNKNOWN


AS_IT_IS = {
    "cidr": "10.40.0.0/16", "subnet": "10.40.0.0/20", "version": "1.35", "size": 3, "bucket": "releases",
    "encrypted": True,
}  # fmt: skip


def account(*, exported, **changes):
    """Return the AWS resources of one side, as they are but for the changes."""
    wanted = {**AS_IT_IS, **changes}
    bucket, version = f"mlplatform-prod-{wanted['bucket']}", wanted["version"]
    made = Account(exported=exported)
    kept = {"protect": True, "retainOnDelete": True}
    vpc = made.add("ec2/vpc:Vpc", "network", {"cidrBlock": wanted["cidr"], "enableDnsHostnames": True})
    part = made.add(
        "ec2/subnet:Subnet", "private-a",
        {"availabilityZone": "eu-central-1a", "cidrBlock": wanted["subnet"], "vpcId": made.of("vpc-0a1b")},
        {"vpcId": vpc},
    )  # fmt: skip
    role = made.add("iam/role:Role", "cluster", {"assumeRolePolicy": TRUST, "description": "EKS"})
    made.add(
        "eks/cluster:Cluster", "mlplatform-prod",
        {
            "name": "mlplatform-prod",
            "version": version,
            "deletionProtection": True,
            "roleArn": made.of(ROLE),
            "encryptionConfig": {"provider": {"keyArn": KEY}, "resources": ["secrets"]},
            "vpcConfig": {
                "endpointPrivateAccess": True, "endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"],
                "subnetIds": [made.of("subnet-0a1b")],
            },
        },
        {"roleArn": role, "vpcConfig": part}, **kept,
    )  # fmt: skip
    made.add(
        "eks/nodeGroup:NodeGroup", "system",
        {
            "clusterName": "mlplatform-prod", "instanceTypes": ["m7i.large"], "nodeRoleArn": ROLE, "version": version,
            "scalingConfig": {"minSize": 3, "maxSize": wanted["size"], "desiredSize": 3},
            "subnetIds": [made.of("subnet-0a1b")],
        },
        {"subnetIds": part}, ignoreChanges=["scalingConfig.desiredSize"],
    )  # fmt: skip
    store = made.add("s3/bucket:Bucket", "releases", {"bucket": bucket}, **kept)
    made.add(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "releases",
        {"bucket": made.of(bucket), **PRIVATE}, {"bucket": store}, tagged=False,
    )  # fmt: skip
    made.add(
        "rds/instance:Instance", "mlflow",
        {
            "engine": "postgres", "engineVersion": "18", "identifier": "mlflow", "instanceClass": "db.m7g.large",
            "storageEncrypted": wanted["encrypted"], "kmsKeyId": KEY, "password": SECRET, "deletionProtection": True,
            "publiclyAccessible": False,
        },
        **kept,
    )  # fmt: skip
    return made.made


def side(*resources, exported=False):
    provider = entry(PROVIDER, {"region": "eu-central-1", "version": "7.51.1"}, id="id")
    if exported:
        provider["inputs"] |= {"skipMetadataApiCheck": "true", "skipCredentialsValidation": "false"}
    return state(provider, list(resources), served(facts(), environment="production"))


def _pair(before=None, **after):
    return (
        side(*account(exported=True, **(before or {})), exported=True),
        side(*account(exported=False, **(before or {}) | after)),
    )


AWS_PAIRS = {
    "aws-new": (side(exported=True), side(*account(exported=False))),
    "aws-nothing": _pair(),
    "aws-bucket-renamed": _pair(bucket="model-releases"),
    "aws-nodes-resized": _pair(size=8),
    "aws-cluster-upgraded": _pair(version="1.36"),
    "aws-database-encrypted": _pair({"encrypted": False}, encrypted=True),
    "aws-network-moved": _pair(cidr="10.50.0.0/16", subnet="10.50.0.0/20"),
}
