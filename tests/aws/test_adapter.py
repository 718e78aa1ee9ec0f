"""The adapter itself: what AWS would take is made, and what it would refuse is refused."""

import json
from dataclasses import replace

import pytest

from tests.aws.account import moto_account
from tests.aws.adapter import KINDS, RefusedError, create
from tests.aws.every_type import ELSEWHERE, FOR_NOBODY, PROGRAM, TRUST, run_program
from tests.aws.monitor import generated
from tests.aws.references import dangling
from tests.aws.replay import replay

ZONE = "eu-central-1a"


@pytest.fixture(scope="module")
def made(account, tmp_path_factory):
    return run_program(account, tmp_path_factory.mktemp("case"), PROGRAM)


def test_every_type_that_the_adapter_knows_is_made(made):
    assert {entry["type"] for entry in made.resources} == set(KINDS)
    # What one gave, another got.
    ids = {entry["name"]: entry["id"] for entry in made.resources}
    table = made.account.ec2.describe_route_tables(RouteTableIds=[ids["table"]])["RouteTables"][0]
    assert {entry.get("SubnetId") for entry in table["Associations"]} == {
        ids["in-eu-central-1a"],
        ids["in-eu-central-1b"],
    }
    assert {route.get("NatGatewayId") for route in table["Routes"]} >= {ids["nat"]}
    provider = made.account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ids["oidc"])
    issuer = made.account.eks.describe_cluster(name="case")["cluster"]["identity"]["oidc"]["issuer"]
    assert f"https://{provider['Url']}" == issuer
    # Names are those that the provider would give.
    assert ids["role"].startswith("role-")
    assert len(ids["role"]) == len("role-") + 7


def test_a_secret_reaches_the_account_and_not_the_state(made):
    (instance,) = made.of_type("aws:rds/instance:Instance").values()
    assert instance["inputs"]["password"] == generated("db")
    assert generated("db") not in repr(made.state)


def test_references_of_documents_to_what_is_not_there_are_found(made):
    assert dangling(made) == []
    spoiled = {"type": "aws:iam/policy:Policy", "name": "spoiled", "inputs": {"policy": json.dumps(ELSEWHERE)}}
    made.resources.append(spoiled)
    try:
        assert dangling(made) == ["aws:iam/policy:Policy spoiled: arn:aws:s3:::elsewhere/*"]
    finally:
        made.resources.remove(spoiled)


def test_what_is_only_there_in_time_by_chance_is_found(made):
    demanding = {"cluster": "AmazonEKSClusterPolicy", "nat": "no internet gateway"}
    for number, (name, message) in enumerate(demanding.items()):
        # Without what only ``depends_on`` says.
        careless = [replace(each, dependencies=()) if each.name == name else each for each in made.state.resources]
        spoiled = replace(made, state=replace(made.state, resources=tuple(careless)))
        with moto_account(f"33334444555{number}") as account, pytest.raises(RefusedError, match=message):
            replay(spoiled, account)


REFUSED = {
    "type": ("aws:sqs/queue:Queue", {}, "does not know this type"),
    "input": ("aws:s3/bucket:Bucket", {"bucket": "other", "websites": []}, "inputs ['websites']"),
    "region": ("aws:s3/bucket:Bucket", {"bucket": "other", "region": "us-east-1"}, "us-east-1 instead of"),
    "required": ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "case-111122223333"}, "'policy' is missing"),
    "bucket-missing": (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "nowhere", "versioningConfiguration": {"status": "Enabled"}},
        "Not Found",
    ),
    "bucket-name": ("aws:s3/bucket:Bucket", {"bucket": "Upper_Case"}, "no name of a bucket"),
    "enumeration": (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "case-111122223333", "versioningConfiguration": {"status": "On"}},
        "'On' is none of Enabled, Suspended",
    ),
    "nested-input": (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "case-111122223333", "versioningConfiguration": {"status": "Enabled", "days": 1}},
        "Days: there is no such parameter",
    ),
    "policy-of-another": (
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "case-111122223333", "policy": json.dumps(ELSEWHERE)},
        "no resource of the bucket",
    ),
    "policy-for-nobody": (
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "case-111122223333", "policy": json.dumps(FOR_NOBODY)},
        "NoSuchEntity",
    ),
    "cidr-outside": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "{net}", "cidrBlock": "10.1.0.0/24", "availabilityZone": ZONE},
        "InvalidSubnet.Range",
    ),
    "cidr-overlaps": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "{net}", "cidrBlock": "10.0.1.128/25", "availabilityZone": ZONE},
        "InvalidSubnet.Conflict",
    ),
    "cidr-malformed": ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0"}, "is invalid"),
    "zone": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "{net}", "cidrBlock": "10.0.9.0/24", "availabilityZone": "eu-central-1z"},
        "eu-central-1z",
    ),
    "vpc-missing": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "vpc-0", "cidrBlock": "10.0.9.0/24", "availabilityZone": ZONE},
        "InvalidVpcID.NotFound",
    ),
    "address-used": ("aws:ec2/natGateway:NatGateway", {"allocationId": "{address}", "subnetId": "{public}"}, "already"),
    "gateway-missing": (
        "aws:ec2/route:Route",
        {"routeTableId": "{table}", "destinationCidrBlock": "192.0.2.0/24", "natGatewayId": "nat-0"},
        "there is no nat-0",
    ),
    "group-missing": (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"securityGroupId": "{db}", "ipProtocol": "tcp", "referencedSecurityGroupId": "sg-0"},
        "InvalidGroup.NotFound",
    ),
    "no-source": (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"securityGroupId": "{db}", "ipProtocol": "tcp"},
        "needs one of",
    ),
    "description": (
        "aws:ec2/securityGroup:SecurityGroup",
        {"vpcId": "{net}", "description": "the cluster's"},
        '"the cluster\'s" has other characters',
    ),
    "log-group-missing": (
        "aws:ec2/flowLog:FlowLog",
        {"vpcId": "{net}", "trafficType": "ALL", "logDestination": "arn:aws:logs:eu-central-1:1:log-group:x"},
        "there is no arn:aws:logs",
    ),
    "retention": ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 100}, "100 is none of"),
    "key-missing": ("aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": "missing"}, "NotFoundException"),
    "key-of-others": (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/aws/other", "kmsKeyId": "{key}"},
        "does not let CloudWatch Logs do kms:Encrypt for /aws/other",
    ),
    "role-name": ("aws:iam/role:Role", {"assumeRolePolicy": json.dumps(TRUST), "name": "r" * 65}, "65 characters"),
    "trust-malformed": ("aws:iam/role:Role", {"assumeRolePolicy": "{"}, "no JSON"),
    "managed-policy-missing": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "{role}", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerPolicy"},
        "NoSuchEntity",
    ),
    "cluster-role-missing": (
        "aws:eks/cluster:Cluster",
        {
            "name": "other",
            "version": "1.36",
            "roleArn": "arn:aws:iam::111122223333:role/missing",
            "vpcConfig": {"subnetIds": ["{in-eu-central-1a}", "{in-eu-central-1b}"]},
        },
        "NoSuchEntity",
    ),
    "one-zone": (
        "aws:eks/cluster:Cluster",
        {"name": "other", "version": "1.36", "roleArn": "{role}", "vpcConfig": {"subnetIds": ["{public}"]}},
        "zones ['eu-central-1a']",
    ),
    "wrong-service": (
        "aws:eks/cluster:Cluster",
        {
            "name": "other",
            "version": "1.36",
            "roleArn": "arn:aws:iam::111122223333:role/{other}",
            "vpcConfig": {"subnetIds": ["{in-eu-central-1a}", "{in-eu-central-1b}"]},
        },
        "does not let eks.amazonaws.com take it",
    ),
    "log-type": (
        "aws:eks/cluster:Cluster",
        {
            "name": "other",
            "version": "1.36",
            "roleArn": "arn:aws:iam::111122223333:role/{role}",
            "enabledClusterLogTypes": ["apis"],
            "vpcConfig": {"subnetIds": ["{in-eu-central-1a}", "{in-eu-central-1b}"]},
        },
        "'apis' is none of",
    ),
    "architecture": (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "case",
            "nodeRoleArn": "arn:aws:iam::111122223333:role/{role}",
            "subnetIds": ["{in-eu-central-1a}", "{in-eu-central-1b}"],
            "amiType": "AL2023_x86_64_STANDARD",
            "instanceTypes": ["m7g.large"],
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 1},
        },
        "m7g.large is ['arm64']",
    ),
    "cluster-missing": ("aws:eks/addon:Addon", {"clusterName": "other", "addonName": "coredns"}, "other"),
    "addon-twice": ("aws:eks/addon:Addon", {"clusterName": "case", "addonName": "vpc-cni"}, "there already"),
    "conflicts": (
        "aws:eks/addon:Addon",
        {"clusterName": "case", "addonName": "coredns", "resolveConflictsOnCreate": "MERGE"},
        "'MERGE' is none of",
    ),
    "no-access-entry": (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": "case",
            "principalArn": "arn:aws:iam::111122223333:role/missing",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
        "no access entry (yet)",
    ),
    "subnet-missing": ("aws:rds/subnetGroup:SubnetGroup", {"subnetIds": ["subnet-0"]}, "InvalidSubnetID.NotFound"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_aws_would_refuse_is_refused(made, case):
    token, inputs, message = REFUSED[case]
    ids = {entry["name"]: entry["id"] for entry in made.resources if entry["type"] != "aws:rds/instance:Instance"}
    ids["db"] = made.of_type("aws:ec2/securityGroup:SecurityGroup")["db"]["id"]
    text = json.dumps(inputs)
    for name, identity in ids.items():
        text = text.replace(f"{{{name}}}", identity)
    with pytest.raises(RefusedError) as caught:
        create(made.account, token, "refused", json.loads(text))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{token} refused: ")


def test_the_program_stops_at_what_is_refused(account, tmp_path):
    program = """
        from pulumi_aws import ec2
        ec2.Subnet("lost", vpc_id="vpc-0", cidr_block="10.0.0.0/24")
    """
    with pytest.raises(RefusedError, match=r"aws:ec2/subnet:Subnet lost: .*vpc-0"):
        run_program(account, tmp_path, program)


def test_an_input_made_of_an_output_that_the_adapter_does_not_return_is_refused(account, tmp_path):
    program = """
        from pulumi_aws import ec2, s3
        bucket = s3.Bucket("bucket", bucket="case-tags")
        s3.Bucket("other", bucket=bucket.hosted_zone_id)
    """
    with pytest.raises(RefusedError, match=r"other: the inputs \['bucket'\] are unknown"):
        run_program(account, tmp_path, program)
