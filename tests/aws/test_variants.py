"""Prod's AWS resources in other variants, made in moto: handed-in network, keys and buckets; a smaller stack."""

import json

import pytest

from tests.aws.account import moto_account
from tests.aws.prod import make_prod, prod_project
from tests.aws.reading import takes
from tests.aws.references import dangling
from tests.aws.run import ROOT
from tests.platform.stacks import PROD

pytestmark = pytest.mark.server
REGION = "eu-central-1"
MAIN = (ROOT / "__main__.py").read_text()
# AWS without registry and Kubernetes, by the very lines of the stack's own program.
PROGRAM = f"""
import pulumi

from components import aws, on_aws
from components.kubernetes.generated_secrets import create_password
from components.mlflow.postgres import PASSWORD
from mlplatform.config import load_settings


settings = load_settings()
{MAIN[MAIN.index("foundation = ") : MAIN.index("cluster = ")]}
"""


def make(folder, account, changes):
    project = prod_project(folder / "project", changes, account=account.id)
    (project / "__main__.py").write_text(PROGRAM)
    return make_prod(project, account)


def handed_in(account):
    """Make a network, a key and buckets as somebody else would; return the settings that name them."""
    vpc = account.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    subnets = {
        f"{REGION}{zone}": account.ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.99.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("abc")
    }
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account.id}:root"}, "Action": "kms:*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
        },
    ]
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"} for statement in statements]}
    key = account.kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    for bucket in ("their-artifacts", "their-releases"):
        account.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return {
        **PROD["prod-existing"],
        "aws.network.existing": {"vpcId": vpc, "privateSubnets": subnets},
        "aws.keys": {"existing": key},
    }


def test_a_network_a_key_and_buckets_of_somebody_else(tmp_path):
    with moto_account("444455556666", REGION) as account:
        changes = handed_in(account)
        made = make(tmp_path, account, changes)
        types = {entry["type"].rpartition(":")[2] for entry in made.resources}
        assert not {"Vpc", "Subnet", "NatGateway", "Key", "Bucket", "BucketPolicy"} & types
        assert dangling(made) == []
        cluster = account.eks.describe_cluster(name="mlplatform-prod")["cluster"]
        given = changes["aws.network.existing"]["privateSubnets"]
        assert set(cluster["resourcesVpcConfig"]["subnetIds"]) == set(given.values())
        key = changes["aws.keys"]["existing"]
        assert cluster["encryptionConfig"][0]["provider"]["keyArn"] == key
        for template in made.of_type("aws:ec2/launchTemplate:LaunchTemplate").values():
            assert {device["ebs"]["kmsKeyId"] for device in template["inputs"]["blockDeviceMappings"]} == {key}
        (database,) = account.rds.describe_db_instances()["DBInstances"]
        assert database["KmsKeyId"] == key
        assert {entry["SubnetIdentifier"] for entry in database["DBSubnetGroup"]["Subnets"]} == set(given.values())


@pytest.fixture
def small(tmp_path):
    with moto_account("555566667777", REGION) as account:
        zones = {"aws.network.zones": [f"{REGION}a", f"{REGION}b"]}
        yield make(tmp_path, account, PROD["prod-live"] | zones)


def test_a_smaller_stack_has_one_way_out_no_protection_and_its_backups_on_s3(small):
    account = small.account
    assert dangling(small) == []
    (gateway,) = small.of_type("aws:ec2/natGateway:NatGateway").values()
    ways = [made["inputs"].get("natGatewayId") for made in small.of_type("aws:ec2/route:Route").values()]
    assert set(filter(None, ways)) == {gateway["id"]}
    cluster = account.eks.describe_cluster(name="mlplatform-prod")["cluster"]
    assert cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    (given,) = small.of_type("aws:eks/cluster:Cluster").values()
    assert not given["inputs"]["deletionProtection"]
    assert account.rds.describe_db_instances()["DBInstances"] == []
    buckets = {made["id"] for made in small.of_type("aws:s3/bucket:Bucket").values()}
    assert buckets == {f"mlplatform-prod-{purpose}-555566667777-{REGION}" for purpose in ("artifacts", "backups")}
    (writer,) = (made for made in small.of_type("aws:iam/role:Role").values() if "backup" in made["name"])
    assert takes(account, writer["outputs"]["arn"], "mlflow", "mlflow-db") == "allow"
    assert takes(account, writer["outputs"]["arn"], "mlflow", "mlflow") == "implicit deny"
