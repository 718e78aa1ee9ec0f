"""All of prod, made in moto from the inputs that the program registers, and read back as AWS would tell it."""

import json
from ipaddress import ip_network
from itertools import combinations

import pytest

from tests.aws.account import moto_account
from tests.aws.references import dangling
from tests.aws.replay import replay

ZONES = {"eu-central-1a", "eu-central-1b", "eu-central-1c"}
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def vpc(prod):
    (made,) = prod.of_type("aws:ec2/vpc:Vpc").values()
    return prod.account.ec2.describe_vpcs(VpcIds=[made["id"]])["Vpcs"][0]


@pytest.fixture(scope="module")
def here(vpc):
    return [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]


@pytest.fixture(scope="module")
def subnets(prod, here):
    """Of each kind, the subnets by their zones."""
    found = {entry["SubnetId"]: entry for entry in prod.account.ec2.describe_subnets(Filters=here)["Subnets"]}
    kinds = {"private": {}, "public": {}, "database": {}}
    for name, made in prod.of_type("aws:ec2/subnet:Subnet").items():
        (kind,) = (kind for kind in kinds if f"-{kind}-" in name)
        subnet = found.pop(made["id"])
        kinds[kind][subnet["AvailabilityZone"]] = subnet
    assert not found
    return kinds


def _ways(prod, here, subnet):
    """Return destination -> gateway of the one table that a subnet is in."""
    tables = prod.account.ec2.describe_route_tables(Filters=here)["RouteTables"]
    (table,) = (
        table for table in tables if subnet["SubnetId"] in {entry.get("SubnetId") for entry in table["Associations"]}
    )
    return {
        route.get("DestinationCidrBlock"): route.get("NatGatewayId") or route.get("GatewayId")
        for route in table["Routes"]
    } | {"table": table["RouteTableId"]}


def test_what_documents_refer_to_is_there(prod):
    assert prod.resources
    assert dangling(prod) == []


def test_subnets_of_three_zones_lie_in_the_network_beside_each_other(vpc, subnets):
    assert {kind: set(zones) for kind, zones in subnets.items()} == dict.fromkeys(subnets, ZONES)
    blocks = [ip_network(subnet["CidrBlock"]) for zones in subnets.values() for subnet in zones.values()]
    assert all(block.subnet_of(ip_network(vpc["CidrBlock"])) for block in blocks)
    assert not any(first.overlaps(second) for first, second in combinations(blocks, 2))
    assert not any(subnet["MapPublicIpOnLaunch"] for zones in subnets.values() for subnet in zones.values())


def test_each_zone_has_its_own_way_out_and_databases_have_none(prod, here, subnets):
    gateways = {entry["NatGatewayId"]: entry for entry in prod.account.ec2.describe_nat_gateways()["NatGateways"]}
    (internet,) = prod.account.ec2.describe_internet_gateways(
        Filters=[{"Name": "attachment.vpc-id", "Values": [here[0]["Values"][0]]}]
    )["InternetGateways"]
    for zone in ZONES:
        out = gateways.pop(_ways(prod, here, subnets["private"][zone])[ANYWHERE])
        assert out["SubnetId"] == subnets["public"][zone]["SubnetId"]
        assert _ways(prod, here, subnets["public"][zone])[ANYWHERE] == internet["InternetGatewayId"]
        assert ANYWHERE not in _ways(prod, here, subnets["database"][zone])
    assert not gateways
    (endpoint,) = prod.account.ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    assert endpoint["ServiceName"] == "com.amazonaws.eu-central-1.s3"
    assert {_ways(prod, here, subnets["private"][zone])["table"] for zone in ZONES} <= set(endpoint["RouteTableIds"])


def test_the_network_is_watched_and_its_default_group_lets_nothing_through(prod, here, vpc):
    (log,) = prod.account.ec2.describe_flow_logs(Filter=[{"Name": "resource-id", "Values": [vpc["VpcId"]]}])["FlowLogs"]
    assert log["TrafficType"] == "ALL"
    group = next(
        entry
        for entry in prod.account.logs.describe_log_groups()["logGroups"]
        if entry["arn"].removesuffix(":*") == log["LogDestination"]
    )
    assert group["retentionInDays"] == 365
    groups = prod.account.ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    (default,) = (entry for entry in groups if entry["GroupName"] == "default")
    assert default["IpPermissions"] == default["IpPermissionsEgress"] == []


def test_every_key_is_rotated_and_has_an_alias(prod):
    keys = prod.of_type("aws:kms/key:Key")
    aliases = {entry.get("TargetKeyId"): entry["AliasName"] for entry in prod.account.kms.list_aliases()["Aliases"]}
    for made in keys.values():
        assert prod.account.kms.get_key_rotation_status(KeyId=made["id"])["KeyRotationEnabled"]
        assert aliases[made["id"]].startswith("alias/mlplatform-prod-")
    assert {aliases[made["id"]].rpartition("-")[2] for made in keys.values()} == {"secrets", "data", "volumes", "logs"}


def _key(prod, purpose):
    aliases = prod.account.kms.list_aliases()["Aliases"]
    (key,) = (entry["TargetKeyId"] for entry in aliases if entry["AliasName"] == f"alias/mlplatform-prod-{purpose}")
    return prod.account.kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]


def test_every_log_group_is_encrypted_and_ends(prod):
    groups = prod.account.logs.describe_log_groups()["logGroups"]
    assert {"/aws/eks/mlplatform-prod/cluster"} <= {group["logGroupName"] for group in groups}
    assert {group.get("kmsKeyId") for group in groups} == {_key(prod, "logs")}
    assert all(group.get("retentionInDays", 0) >= 365 for group in groups)


def test_every_bucket_is_private_encrypted_and_versioned(prod):
    s3 = prod.account.s3
    buckets = prod.of_type("aws:s3/bucket:Bucket")
    policies = {made["id"]: made["inputs"] for made in prod.of_type("aws:s3/bucketPolicy:BucketPolicy").values()}
    assert buckets
    for made in buckets.values():
        name = made["id"]
        assert name.endswith("-123456789012-eu-central-1")
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        assert len(block) == 4
        assert all(block.values())
        (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": _key(prod, "data"),
        }
        (rule,) = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
        assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(policies[name]["policy"])
    # A release is never taken away by its age.
    (releases,) = (made["id"] for made in buckets.values() if "-releases-" in made["id"])
    for rule in s3.get_bucket_lifecycle_configuration(Bucket=releases)["Rules"]:
        assert not {"Expiration", "NoncurrentVersionExpiration", "Transitions"} & set(rule)


def test_the_cluster_is_as_the_best_practices_have_it(prod, subnets):
    cluster = prod.account.eks.describe_cluster(name="mlplatform-prod")["cluster"]
    network = cluster["resourcesVpcConfig"]
    assert set(network["subnetIds"]) == {subnet["SubnetId"] for subnet in subnets["private"].values()}
    assert network["endpointPrivateAccess"] is True
    assert network["endpointPublicAccess"] is True
    assert network["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert cluster["encryptionConfig"] == [{"provider": {"keyArn": _key(prod, "secrets")}, "resources": ["secrets"]}]
    (logging,) = cluster["logging"]["clusterLogging"]
    assert logging["enabled"]
    assert set(logging["types"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    # moto keeps neither of them.
    (given,) = prod.of_type("aws:eks/cluster:Cluster").values()
    assert given["inputs"]["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert given["inputs"]["deletionProtection"] is True
    entries = {entry["principalArn"] for entry in prod.account.kept("CreateAccessEntry")}
    assert entries == {entry["principalArn"] for entry in prod.account.kept("AssociateAccessPolicy")}
    addons = {entry["addonName"]: entry for entry in prod.account.kept("CreateAddon")}
    assert {"vpc-cni", "coredns", "kube-proxy", "aws-ebs-csi-driver", "eks-pod-identity-agent"} <= set(addons)
    assert json.loads(addons["vpc-cni"]["configurationValues"])["enableNetworkPolicy"] == "true"
    assert all(entry["addonVersion"] for entry in addons.values())


def test_nodes_are_private_and_their_disks_encrypted(prod, subnets):
    private = {subnet["SubnetId"] for subnet in subnets["private"].values()}
    names = prod.account.eks.list_nodegroups(clusterName="mlplatform-prod")["nodegroups"]
    kinds = set()
    for name in names:
        group = prod.account.eks.describe_nodegroup(clusterName="mlplatform-prod", nodegroupName=name)["nodegroup"]
        assert set(group["subnets"]) <= private
        kinds.add(group["labels"]["mlplatform.dev/node-group"])
        (version,) = prod.account.ec2.describe_launch_template_versions(
            LaunchTemplateId=group["launchTemplate"]["id"], Versions=[group["launchTemplate"]["version"]]
        )["LaunchTemplateVersions"]
        data = version["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
        for device in data["BlockDeviceMappings"]:
            assert device["Ebs"]["Encrypted"] is True
            assert device["Ebs"]["KmsKeyId"] == _key(prod, "volumes")
        assert {"instance", "volume"} <= {entry["ResourceType"] for entry in data["TagSpecifications"]}
        gpu = [taint for taint in group.get("taints", []) if taint["key"] == "nvidia.com/gpu"]
        assert bool(gpu) is (group["labels"]["mlplatform.dev/node-group"] == "gpu")
    assert kinds == {"system", "cpu", "gpu"}


def test_the_database_is_private_and_encrypted(prod, subnets):
    (database,) = prod.account.rds.describe_db_instances()["DBInstances"]
    assert database["StorageEncrypted"]
    assert database["KmsKeyId"] == _key(prod, "data")
    assert database["PubliclyAccessible"] is False
    assert database["MultiAZ"] is database["DeletionProtection"] is True
    groups = database["DBSubnetGroup"]["Subnets"]
    assert {entry["SubnetIdentifier"] for entry in groups} == {
        subnet["SubnetId"] for subnet in subnets["database"].values()
    }
    (group,) = database["VpcSecurityGroups"]
    rules = prod.account.ec2.describe_security_groups(GroupIds=[group["VpcSecurityGroupId"]])["SecurityGroups"][0]
    (rule,) = rules["IpPermissions"]
    (nodes,) = prod.account.ec2.describe_security_groups(GroupNames=["eks-cluster-sg-mlplatform-prod"])[
        "SecurityGroups"
    ]
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [nodes["GroupId"]]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (5432, 5432, [])
    (group,) = database["DBParameterGroups"]
    pages = prod.account.rds.get_paginator("describe_db_parameters").paginate(
        DBParameterGroupName=group["DBParameterGroupName"]
    )
    values = {entry["ParameterName"]: entry.get("ParameterValue") for page in pages for entry in page["Parameters"]}
    assert values["rds.force_ssl"] == "1"


def test_dependencies_alone_put_everything_in_an_order_that_aws_takes(prod):
    with moto_account("999988887777", prod.account.region) as account:
        replay(prod, account)
        assert len(account.kept("CreateAddon")) == len(prod.account.kept("CreateAddon"))
