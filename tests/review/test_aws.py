"""AWS resources in comparisons: what the provider adds, what replaces, what follows from what."""

import re

import pulumi_aws
import pytest

from mlplatform.review.diff.aws_resources import FORCE_NEW_AWS, INGRESS_RULE, NAMES, SOURCES_OF_RULE
from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.render.headline import HEADLINES
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.text import render
from mlplatform.review.report import compare
from tests.review.states import SECRET, UNKNOWN, entry, state

URN = "urn:pulumi:dev::mlplatform::"
PROVIDER = f"{URN}pulumi:providers:aws::aws"
VPC, SUBNET = f"{URN}aws:ec2/vpc:Vpc::network", f"{URN}aws:ec2/subnet:Subnet::a"
TEMPLATE, GROUP = f"{URN}aws:ec2/launchTemplate:LaunchTemplate::cpu", f"{URN}aws:eks/nodeGroup:NodeGroup::cpu"


def aws(*resources, region="eu-central-1", **settings):
    provider = entry(PROVIDER, {"region": region, "version": "7.51.1", **settings}, id="id")
    return state(provider, *resources)


def resource(urn, inputs, sources=None, **more):
    given = {key: [source] for key, source in (sources or {}).items()}
    return entry(
        urn, inputs, provider=f"{PROVIDER}::id", propertyDependencies=given,
        dependencies=sorted({source for found in given.values() for source in found}), **more,
    )  # fmt: skip


def one(type_, inputs, **more):
    return resource(f"{URN}{type_}::it", inputs, **more)


def operations(old, new):
    return [(found.name, found.op) for found in diff_states(old, new) if "::aws:" in found.urn]


def found(old, new):
    (difference,) = [each for each in diff_states(old, new) if each.name == "it"]
    return difference


def test_what_the_provider_fills_in_is_no_change():
    checked = {
        "__defaults": ["name", "forceDetachPolicies", "maxSessionDuration"],
        "name": "mlflow-1a2b3c4",
        "forceDetachPolicies": False,
        "maxSessionDuration": 3600,
        "assumeRolePolicy": "{}",
        "tags": {"__defaults": [], "Owner": "ml"},
        "tagsAll": {"Owner": "ml"},
    }
    wanted = {"assumeRolePolicy": "{}", "tags": {"Owner": "ml"}}
    type_ = "aws:iam/role:Role"
    assert found(aws(one(type_, checked)), aws(one(type_, wanted))).op == "same"
    # Also where both are checked: two exports.
    assert found(aws(one(type_, checked)), aws(one(type_, checked))).op == "same"
    changed = found(aws(one(type_, checked)), aws(one(type_, {**wanted, "maxSessionDuration": 7200})))
    assert [(change.path, change.old, change.new) for change in changed.changes] == [("maxSessionDuration", 3600, 7200)]


def test_what_is_filled_in_deep_inside_is_no_change():
    type_ = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    checked = {"bucket": "b", "rules": [{"__defaults": ["status"], "id": "a", "status": "Enabled"}], "__defaults": []}
    assert found(aws(one(type_, checked)), aws(one(type_, {"bucket": "b", "rules": [{"id": "a"}]}))).op == "same"
    other = found(aws(one(type_, checked)), aws(one(type_, {"bucket": "b", "rules": [{"id": "b"}]})))
    assert [change.path for change in other.changes] == ["rules[0].id"]


def test_tags_that_change_are_said_once():
    old = {"tags": {"Owner": "ml"}, "tagsAll": {"Owner": "ml"}}
    difference = found(aws(one("aws:kms/key:Key", old)), aws(one("aws:kms/key:Key", {"tags": {"Owner": "data"}})))
    assert [change.path for change in difference.changes] == ["tags.Owner"]


def test_the_region_of_the_provider_is_that_of_its_resources():
    old = one("aws:kms/key:Key", {"region": "eu-central-1"})
    new = one("aws:kms/key:Key", {})
    assert found(aws(old), aws(new)).op == "same"
    moved = found(aws(old), aws(new, region="eu-west-1"))
    assert (moved.op, moved.replace_reasons) == ("replace", ("region",))


def test_settings_that_the_provider_fills_in_are_no_change():
    checked = aws(skipCredentialsValidation="false", skipMetadataApiCheck="true", skipRegionValidation="true")
    assert {each.op for each in diff_states(checked, aws())} == {"same"}
    (changed,) = [each for each in diff_states(checked, aws(skipRegionValidation=False)) if each.op != "same"]
    assert [change.path for change in changed.changes] == ["skipRegionValidation"]


@pytest.mark.parametrize(
    ("type_", "old", "new", "reasons"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": "a"}, {"bucket": "b"}, ("bucket",)),
        ("aws:s3/bucket:Bucket", {"forceDestroy": True}, {"forceDestroy": False}, ()),
        ("aws:eks/cluster:Cluster", {"version": "1.35"}, {"version": "1.36"}, ()),
        ("aws:eks/cluster:Cluster", {"roleArn": "a"}, {"roleArn": "b"}, ("roleArn",)),
        (
            "aws:eks/cluster:Cluster",
            {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"}},
            {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.21.0.0/16"}},
            ("kubernetesNetworkConfig.serviceIpv4Cidr",),
        ),
        ("aws:eks/cluster:Cluster", {"vpcConfig": {"subnetIds": ["a"]}}, {"vpcConfig": {"subnetIds": ["b"]}}, ()),
        ("aws:eks/cluster:Cluster", {}, {"encryptionConfig": {"resources": ["secrets"]}}, ()),
        (
            "aws:eks/cluster:Cluster",
            {"encryptionConfig": {"resources": ["secrets"]}},
            {},
            ("encryptionConfig",),
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"scalingConfig": {"maxSize": 3}, "instanceTypes": ["m7i.large"]},
            {"scalingConfig": {"maxSize": 5}, "instanceTypes": ["m7i.large"]},
            (),
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"instanceTypes": ["m7i.large"]},
            {"instanceTypes": ["m7i.xlarge"]},
            ("instanceTypes[0]",),
        ),
        ("aws:rds/instance:Instance", {"instanceClass": "db.m7g.large"}, {"instanceClass": "db.m7g.xlarge"}, ()),
        ("aws:rds/instance:Instance", {"storageEncrypted": False}, {"storageEncrypted": True}, ("storageEncrypted",)),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"cidrIpv4": "10.0.0.0/16"},
            {"cidrIpv4": "10.1.0.0/16"},
            (),
        ),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"cidrIpv4": "10.0.0.0/16"},
            {"referencedSecurityGroupId": "sg-1"},
            ("cidrIpv4", "referencedSecurityGroupId"),
        ),
        ("aws:lambda/function:Function", {"name": "a"}, {"name": "b"}, ()),
        ("aws:lambda/function:Function", {"region": "eu-central-1"}, {"region": "eu-west-1"}, ("region",)),
        ("aws:iam/role:Role", {"path": "/a/"}, {"path": "/b/"}, ("path",)),
    ],
)
def test_what_replaces_a_resource(type_, old, new, reasons):
    difference = found(aws(one(type_, old)), aws(one(type_, new)))
    assert difference.replace_reasons == reasons
    assert difference.op == ("replace" if reasons else "update")


@pytest.mark.parametrize(("inputs", "first"), [({"name": "mlflow"}, True), ({"name": UNKNOWN}, False), ({}, False)])
def test_a_name_that_stays_must_be_free_before_its_replacement_comes(inputs, first):
    old, new = ({**inputs, "path": path} for path in ("/a/", "/b/"))
    difference = found(aws(one("aws:iam/role:Role", old)), aws(one("aws:iam/role:Role", new)))
    assert (difference.op, difference.delete_before_replace) == ("replace", first)


def network(cidr="10.40.0.0/16", subnet="10.40.0.0/20", owner="ml", vpc=UNKNOWN):
    return aws(
        resource(VPC, {"cidrBlock": cidr, "tags": {"Owner": owner}}),
        resource(SUBNET, {"vpcId": vpc, "cidrBlock": subnet}, {"vpcId": VPC}),
    )


@pytest.mark.parametrize("known", [UNKNOWN, "vpc-0a1b"])
def test_a_resource_changed_in_place_keeps_its_id(known):
    assert operations(network(vpc=known), network(owner="data")) == [("network", "update"), ("a", "same")]


@pytest.mark.parametrize("known", [UNKNOWN, "vpc-0a1b"])
def test_what_lies_in_a_replaced_resource_is_replaced_too(known):
    differences = diff_states(network(vpc=known), network(cidr="10.50.0.0/16"))
    assert [(each.name, each.op, each.replace_reasons) for each in differences[-2:]] == [
        ("network", "replace", ("cidrBlock",)),
        ("a", "replace", ("vpcId",)),
    ]


def test_what_is_another_one_and_known_on_neither_side_is_said_so():
    assert "      ~ vpcId: [unknown] => another [unknown]  (forces replacement)" in lines(
        network(), network(cidr="10.50.0.0/16")
    )


def nodes(disk, template="lt-1", version="3"):
    return aws(
        resource(TEMPLATE, {"blockDeviceMappings": [{"ebs": {"volumeSize": disk}}]}),
        resource(GROUP, {"launchTemplate": {"id": template, "version": version}}, {"launchTemplate": TEMPLATE}),
    )


def test_a_changed_launch_template_rolls_its_nodes_and_replaces_no_group():
    known, unknown = nodes(100), nodes(200, UNKNOWN, UNKNOWN)
    group = diff_states(known, unknown)[-1]
    assert (group.op, group.assumed) == ("update", ("launchTemplate.id",))
    assert [change.path for change in group.changes] == ["launchTemplate.version"]
    assert operations(known, nodes(100, UNKNOWN, UNKNOWN)) == [("cpu", "same"), ("cpu", "same")]


def is_input(type_, path):
    """Return whether the SDK knows the input that a path begins with."""
    _, place, class_ = type_.split(":")
    module = getattr(pulumi_aws, place.partition("/")[0])
    # Where an input has the name of the resource, its arguments take that one's.
    arguments = getattr(module, f"{class_}InitArgs", None) or getattr(module, f"{class_}Args")
    return hasattr(arguments, re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", path.partition(".")[0]).lower())


@pytest.mark.parametrize("type_", [*FORCE_NEW_AWS, *NAMES])
def test_every_fact_is_of_an_input_that_the_sdk_knows(type_):
    paths = [*FORCE_NEW_AWS.get(type_, ()), *filter(None, [NAMES.get(type_)])]
    if type_ == INGRESS_RULE:
        paths += SOURCES_OF_RULE
    assert paths
    assert [path for path in paths if not is_input(type_, path)] == []


def lines(old, new):
    return [line.text for line in render(compare(old, new))]


def test_a_new_resource_is_told_by_what_a_reviewer_looks_at_first():
    known = {"cidrBlock": "10.40.0.0/20", "availabilityZone": "eu-central-1a", "vpcId": UNKNOWN}
    database = {"engine": "postgres", "multiAz": True, "allocatedStorage": 100, "password": SECRET}
    policies = {"policyArn": f"arn:aws:iam::aws:policy/{'long' * 50}"}
    shown = "\n".join(
        lines(
            None,
            aws(
                one("aws:ec2/subnet:Subnet", known),
                one("aws:rds/instance:Instance", database),
                one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policies),
                one("aws:lambda/function:Function", {"handler": "main"}),
            ),
        )
    )
    assert "create  cidrBlock 10.40.0.0/20, availabilityZone eu-central-1a, vpcId [unknown]\n" in shown
    assert "create  engine postgres, allocatedStorage 100, multiAz true\n" in shown
    assert "policyArn arn:aws:iam::aws:policy/long" in shown
    assert max(len(line.partition("  create  ")[2]) for line in shown.splitlines()) == 120
    assert "handler" not in shown


def test_a_new_resource_is_whole_in_the_json_without_secrets_and_marks():
    state_ = aws(one("aws:rds/instance:Instance", {"password": SECRET, "kmsKeyId": UNKNOWN, "port": 5432}))
    (found_,) = [each for each in report_document(compare(None, state_))["resources"] if each["name"] == "it"]
    assert found_["inputs"] == {"password": "[secret]", "kmsKeyId": "[unknown]", "port": 5432}
    (same,) = [each for each in report_document(compare(state_, state_))["resources"] if each["name"] == "it"]
    assert same["inputs"] is None


def test_only_few_places_that_are_taken_as_unchanged_are_listed():
    def subnets(vpc):
        made = [
            resource(f"{SUBNET}{number}", {"vpcId": vpc, "cidrBlock": f"10.40.{number}.0/24"}, {"vpcId": VPC})
            for number in range(12)
        ]
        return aws(resource(VPC, {"cidrBlock": "10.40.0.0/16"}), *made)

    shown = [line for line in lines(subnets("vpc-0a1b"), subnets(UNKNOWN)) if "taken as unchanged" in line]
    assert len(shown) == 11
    assert shown[-1] == "    and 2 more places: [unknown] until the update, taken as unchanged"


def test_a_headline_names_only_inputs_that_the_sdk_knows():
    on_aws = {type_: paths for type_, paths in HEADLINES.items() if type_.startswith("aws:")}
    assert [(type_, path) for type_, paths in on_aws.items() for path in paths if not is_input(type_, path)] == []


def cluster(identifier, description="EKS"):
    role = resource(f"{URN}aws:iam/role:Role::role", {"description": description})
    provider = entry(
        "urn:pulumi:dev::mlplatform::pulumi:providers:kubernetes::eks",
        {"clusterIdentifier": identifier, "kubeconfig": SECRET},
        id="id",
        propertyDependencies={"clusterIdentifier": [role["urn"]], "kubeconfig": [role["urn"]]},
    )
    kept = entry(
        "urn:pulumi:dev::mlplatform::kubernetes:core/v1:Namespace::mlflow",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mlflow"}},
        provider=f"{provider['urn']}::id",
    )
    return aws(role, provider, kept)


@pytest.mark.parametrize("description", ["EKS", "EKS in production"])
def test_a_cluster_that_stays_is_the_same_cluster_to_its_provider(description):
    old, new = cluster("https://abc.eks.amazonaws.com"), cluster(UNKNOWN, description)
    assert {found.name: found.op for found in diff_states(old, new) if found.name in {"eks", "mlflow"}} == {
        "eks": "same", "mlflow": "same",
    }  # fmt: skip
    other = cluster("https://other.eks.amazonaws.com", description)
    assert {found.name: found.op for found in diff_states(old, other) if found.name in {"eks", "mlflow"}} == {
        "eks": "replace", "mlflow": "replace",
    }  # fmt: skip
