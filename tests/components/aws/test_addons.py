"""EKS add-ons: configuration, and what they are in the state of a program."""

import json

import pytest

from components.aws.addons import BEFORE_NODES, ON_NODES, configuration
from mlplatform.config.eks_versions import eks_addons, eks_versions
from mlplatform.config.problems import ProblemsError
from mlplatform.review.state.property_values import UNKNOWN
from tests.components.aws.cluster_project import CLUSTER, KEYS
from tests.components.aws.project import PREFIX, all_of, state_of


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("addons"), CLUSTER)


@pytest.fixture(scope="module")
def addons(state):
    return {each.inputs["addonName"]: each for each in all_of(state, "Addon").values()}


def test_every_version_of_eks_has_every_add_on_pinned():
    assert {"1.35", "1.36"} <= set(eks_versions())
    for kubernetes in eks_versions():
        versions = eks_addons(kubernetes)
        assert set(versions) == {*BEFORE_NODES, *ON_NODES}
        assert versions["kube-proxy"].startswith(f"v{kubernetes}.")
        assert all("-eksbuild." in version for version in versions.values())


def test_a_version_without_add_ons_is_refused():
    with pytest.raises(ProblemsError, match=r"no add-ons of EKS for Kubernetes 1\.20"):
        eks_addons("1.20")


def test_add_ons_are_of_the_pinned_versions_and_settings_win(addons):
    assert {name: each.inputs["addonVersion"] for name, each in addons.items()} == eks_addons("1.36")
    for each in addons.values():
        conflicts = each.inputs["resolveConflictsOnCreate"], each.inputs["resolveConflictsOnUpdate"]
        assert conflicts == ("OVERWRITE", "OVERWRITE")


def test_network_policies_are_enforced(addons):
    values = json.loads(addons["vpc-cni"].inputs["configurationValues"])
    assert values["enableNetworkPolicy"] == "true"
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"


def test_what_add_ons_make_in_aws_is_tagged(addons):
    interfaces = json.loads(addons["vpc-cni"].inputs["configurationValues"])["env"]["ADDITIONAL_ENI_TAGS"]
    volumes = json.loads(addons["aws-ebs-csi-driver"].inputs["configurationValues"])["controller"]["extraVolumeTags"]
    assert json.loads(interfaces)["CostCentre"] == volumes["CostCentre"] == "4711"


def test_controllers_run_where_nodes_always_are():
    system = {"mlplatform.dev/node-group": "system"}
    assert configuration("coredns", {})["nodeSelector"] == system
    assert configuration("aws-ebs-csi-driver", {})["controller"]["nodeSelector"] == system


def test_add_ons_that_call_aws_have_a_role_of_their_own(state, addons):
    with_role = {name for name, each in addons.items() if "serviceAccountRoleArn" in each.inputs}
    assert with_role == {"vpc-cni", "aws-ebs-csi-driver"}
    attached = {each.inputs["policyArn"] for each in all_of(state, "RolePolicyAttachment").values()}
    assert "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy" in attached
    assert "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2" in attached


def test_roles_are_attached_before_their_add_on_starts(state, addons):
    attached = all_of(state, "RolePolicyAttachment")[f"{PREFIX}-vpc-cni-AmazonEKS_CNI_Policy"]
    assert attached.urn in addons["vpc-cni"].dependencies


def test_volumes_driver_uses_the_key_of_volumes_alone(state):
    policy = all_of(state, "Policy")[f"{PREFIX}-aws-ebs-csi-driver-1"]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    assert {resource for each in statements for resource in each["Resource"]} == {KEYS["volumes"]}


def test_trust_of_the_roles_is_unknown_before_the_cluster_is_there(state):
    for name in ("vpc-cni", "aws-ebs-csi-driver"):
        assert all_of(state, "Role")[f"{PREFIX}-{name}"].inputs["assumeRolePolicy"] == UNKNOWN
