"""The cluster, seen in the state of a program before it exists."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.access_entries import principal_name
from components.aws.kubeconfig import kubeconfig
from mlplatform.config.aws_fields import PRINCIPAL
from mlplatform.config.eks_versions import eks_calendar
from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.state.property_values import UNKNOWN, is_secret
from tests.components.aws.cluster_project import CLUSTER, KEYS, PRIVATE, PRODUCTION
from tests.components.aws.project import (
    ACCOUNT,
    DEPLOYER,
    PREFIX,
    REGION,
    all_of,
    one,
    result_of,
    settings_of,
    state_of,
)

SMALLER = {"kind": "eks", "kubernetesVersion": "1.35", "administrators": [DEPLOYER], "extendedSupport": True}
OTHER = "arn:aws:iam::210987654321:role/mlplatform-deployer"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    eks = {"kind": "eks", "kubernetesVersion": "1.36", "administrators": [DEPLOYER, OTHER], "logRetentionDays": 90}
    eks["publicEndpoint"] = {"cidrs": ["203.0.113.0/24"]}
    return state_of(tmp_path_factory.mktemp("eks"), CLUSTER, **PRODUCTION, cluster=eks)


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("eks"), CLUSTER, cluster=SMALLER)


def test_secrets_are_encrypted_and_everything_is_logged(state):
    inputs = one(state, "Cluster").inputs
    assert inputs["encryptionConfig"] == {"provider": {"keyArn": KEYS["secrets"]}, "resources": ["secrets"]}
    logged = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert set(inputs["enabledClusterLogTypes"]) == logged


def test_control_plane_logs_into_a_group_that_is_there_before(state):
    logs = one(state, "LogGroup")
    assert logs.inputs["name"] == f"/aws/eks/{PREFIX}/cluster"
    assert (logs.inputs["kmsKeyId"], logs.inputs["retentionInDays"]) == (KEYS["logs"], 90)
    assert logs.urn in one(state, "Cluster").dependencies


def test_endpoint_is_private_and_public_only_for_named_networks(state, smaller):
    public, private = (one(each, "Cluster").inputs["vpcConfig"] for each in (state, smaller))
    assert public["endpointPrivateAccess"] is private["endpointPrivateAccess"] is True
    assert (public["endpointPublicAccess"], public["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])
    assert private["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in private
    assert public["subnetIds"] == PRIVATE


def test_nobody_gets_in_but_by_access_entries(state):
    inputs = one(state, "Cluster").inputs
    assert inputs["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    entries = all_of(state, "AccessEntry")
    assert {each.inputs["principalArn"] for each in entries.values()} == {DEPLOYER, OTHER}
    rights = all_of(state, "AccessPolicyAssociation")
    assert {each.inputs["principalArn"] for each in rights.values()} == {DEPLOYER, OTHER}
    for each in rights.values():
        assert each.inputs["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
        assert each.inputs["accessScope"] == {"type": "cluster"}


def test_no_add_on_of_a_version_that_nobody_chose(state):
    assert one(state, "Cluster").inputs["bootstrapSelfManagedAddons"] is False


def test_services_have_their_own_addresses(state):
    expected = {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}
    assert one(state, "Cluster").inputs["kubernetesNetworkConfig"] == expected


def test_production_is_protected_and_kept(state, smaller):
    cluster, other = one(state, "Cluster"), one(smaller, "Cluster")
    assert (cluster.protect, cluster.retain_on_delete, cluster.inputs["deletionProtection"]) == (True, True, True)
    assert (bool(other.protect), bool(other.retain_on_delete)) == (False, False)
    assert other.inputs["deletionProtection"] is False


def test_a_cluster_that_stays_keeps_its_role_and_its_log_group(state, smaller):
    for made, stays in ((state, True), (smaller, False)):
        own = [all_of(made, kind)[f"{PREFIX}-cluster"] for kind in ("Role", "RolePolicyAttachment")]
        for each in [*own, one(made, "LogGroup")]:
            assert (bool(each.protect), bool(each.retain_on_delete)) == (False, stays), each.urn
    assert not all_of(state, "Role")[f"{PREFIX}-nodes"].retain_on_delete


def test_eks_takes_the_role_for_this_cluster_alone(state):
    (statement,) = json.loads(all_of(state, "Role")[f"{PREFIX}-cluster"].inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "eks.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{PREFIX}"},
    }


def test_support_is_what_the_settings_pay_for(state, smaller):
    assert one(state, "Cluster").inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert one(smaller, "Cluster").inputs["upgradePolicy"] == {"supportType": "EXTENDED"}


def test_cluster_comes_after_its_rights_and_ways_out(state):
    (way_out,) = all_of(state, "Route").values()
    rights = all_of(state, "RolePolicyAttachment")[f"{PREFIX}-cluster"]
    assert rights.inputs["policyArn"] == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    assert {way_out.urn, rights.urn} <= set(one(state, "Cluster").dependencies)


def test_issuer_of_the_cluster_is_known_to_iam(state):
    provider = one(state, "OpenIdConnectProvider")
    assert provider.inputs["url"] == UNKNOWN
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]


def test_provider_plans_without_a_cluster_and_its_kubeconfig_is_a_secret(state):
    provider = one(state, "kubernetes")
    assert is_secret(provider.inputs["kubeconfig"])
    assert provider.inputs["clusterIdentifier"] == UNKNOWN
    assert provider.inputs["enableSecretMutable"] == provider.inputs["enableConfigMapMutable"] == "true"
    for kind in ("AccessEntry", "AccessPolicyAssociation", "NodeGroup", "Addon"):
        assert {each.urn for each in all_of(state, kind).values()} <= set(provider.dependencies)


def test_nothing_that_only_aws_knows_is_made_up(state):
    issuer_is_unknown = all_of(state, "Role")[f"{PREFIX}-vpc-cni"].inputs["assumeRolePolicy"]
    assert issuer_is_unknown == UNKNOWN
    assert "EXAMPLE" not in json.dumps([each.inputs for each in state.resources], default=str)


def test_order_is_network_add_ons_then_nodes_then_the_rest(state):
    addons, (group,) = all_of(state, "Addon"), all_of(state, "NodeGroup").values()
    first = {f"{PREFIX}-network-{name}" for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    assert {addons[name].urn for name in first} <= set(group.dependencies)
    for name in set(addons) - first:
        assert group.urn in addons[name].dependencies
    assert len(addons) == 6


def test_everything_is_tagged(state):
    expected = {"Environment": "production", "Owner": "ml-platform", "CostCentre": "4711"}
    for kind in ("Cluster", "LogGroup", "Role", "OpenIdConnectProvider", "AccessEntry", "Addon", "NodeGroup", "Policy"):
        for each in all_of(state, kind).values():
            assert expected.items() <= each.inputs["tags"].items(), each.urn


def test_an_upgrade_changes_cluster_nodes_and_add_ons_in_place_and_nothing_else(tmp_path):
    eks = {"kind": "eks", "kubernetesVersion": "1.35", "administrators": [DEPLOYER]}
    before, after = (state_of(tmp_path, CLUSTER, cluster={**eks, "kubernetesVersion": v}) for v in ("1.35", "1.36"))
    changed = [each for each in diff_states(before, after) if each.op != "same"]
    assert {each.op for each in changed} == {"update"}
    paths = {(each.urn.split("::")[-2].rpartition(":")[2], change.path) for each in changed for change in each.changes}
    assert paths == {
        ("Cluster", "version"),
        ("NodeGroup", "version"),
        ("Addon", "addonVersion"),
        ("EksCluster", "kubernetesVersion"),
        ("Addons", "kubernetesVersion"),
    }


def test_a_zone_that_is_added_is_one_for_nodes(smaller, tmp_path):
    program = CLUSTER.replace(repr(PRIVATE), repr([*PRIVATE, "subnet-0000000000000000c"]))
    changed = diff_states(smaller, state_of(tmp_path, program, cluster=SMALLER))
    # EKS would refuse it for the cluster.
    assert {each.urn.split("::")[-2].rpartition("$")[2] for each in changed if each.op != "same"} == {
        "aws:eks/nodeGroup:NodeGroup"
    }


@given(st.lists(st.from_regex(PRINCIPAL, fullmatch=True), min_size=2, max_size=2, unique=True))
def test_each_principal_has_a_name_of_its_own(arns):
    first, second = map(principal_name, arns)
    assert first != second
    assert principal_name(DEPLOYER) == "123456789012-role/mlplatform-deployer"


def test_kubeconfig_is_of_the_clusters_name(state):
    name = settings_of().aws.prefix
    text = kubeconfig(name=name, endpoint="https://e", certificate_authority="LS0t", region="eu-central-1")
    assert json.loads(text)["current-context"] == one(state, "Cluster").inputs["name"]


def test_a_version_that_soon_leaves_support_is_warned_of(tmp_path, monkeypatch):
    ends = eks_calendar()["1.36"].standard
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str((ends - timedelta(days=30) - date(1970, 1, 1)).days * 86400))
    said = [message.text for message in result_of(tmp_path, CLUSTER).messages if message.severity == "warning"]
    assert [text for text in said if text.startswith(f"Kubernetes 1.36 leaves the standard support of EKS on {ends}")]
