"""Node groups, seen in the state of a program."""

import pytest

from tests.components.aws.cluster_project import CLUSTER, KEYS, PRIVATE
from tests.components.aws.project import PREFIX, all_of, state_of

GROUPS = [
    {"name": "system", "kind": "system", "instanceTypes": ["m7i.large"], "minSize": 2, "maxSize": 3},
    {"name": "cpu", "kind": "cpu", "instanceTypes": ["m7i.2xlarge", "m6i.2xlarge"], "minSize": 0, "maxSize": 10}
    | {"capacity": "spot", "diskGib": 200},
    {"name": "gpu", "kind": "gpu", "instanceTypes": ["g6.xlarge"], "minSize": 0, "maxSize": 4},
]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("nodes"), CLUSTER, aws={"nodeGroups": GROUPS})


@pytest.fixture(scope="module")
def groups(state):
    return {name.removeprefix(f"{PREFIX}-"): each for name, each in all_of(state, "NodeGroup").items()}


@pytest.fixture(scope="module")
def templates(state):
    return {name.removeprefix(f"{PREFIX}-"): each.inputs for name, each in all_of(state, "LaunchTemplate").items()}


def test_pods_do_not_reach_the_nodes_metadata(templates):
    assert set(templates) == {"system", "cpu", "gpu"}
    for each in templates.values():
        options = each["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


def test_disks_are_encrypted_with_the_key_of_volumes(templates):
    for each in templates.values():
        (device,) = each["blockDeviceMappings"]
        disk = device["ebs"]
        assert (disk["encrypted"], disk["kmsKeyId"], disk["volumeType"]) == ("true", KEYS["volumes"], "gp3")
    assert templates["cpu"]["blockDeviceMappings"][0]["ebs"]["volumeSize"] == 200


def test_what_a_template_starts_is_tagged(templates):
    tagged = {each["resourceType"]: each["tags"] for each in templates["gpu"]["tagSpecifications"]}
    assert set(tagged) == {"instance", "volume", "network-interface"}
    for tags in tagged.values():
        assert tags["CostCentre"] == "4711"
        assert tags["Name"] == f"{PREFIX}-gpu"


def test_a_template_leaves_to_eks_what_is_eks_own(templates):
    # EKS refuses a template that names them, or would no longer choose the image: "Launch template configuration
    # basics" of its user guide.
    for each in templates.values():
        assert not {"imageId", "instanceType", "iamInstanceProfile", "userData", "networkInterfaces"} & set(each)


def test_groups_stand_in_private_subnets_with_the_images_of_their_kind(groups):
    assert {name: each.inputs["amiType"] for name, each in groups.items()} == {
        "system": "AL2023_x86_64_STANDARD",
        "cpu": "AL2023_x86_64_STANDARD",
        "gpu": "AL2023_x86_64_NVIDIA",
    }
    for each in groups.values():
        assert each.inputs["subnetIds"] == PRIVATE
        assert each.inputs["version"] == "1.36"


def test_only_pods_that_ask_for_a_gpu_run_on_its_nodes(groups):
    taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
    assert groups["gpu"].inputs["taints"] == [taint]
    assert "taints" not in groups["system"].inputs
    assert "taints" not in groups["cpu"].inputs


def test_labels_say_the_kind(groups):
    assert groups["system"].inputs["labels"] == {"mlplatform.dev/node-group": "system"}
    assert groups["gpu"].inputs["labels"]["mlplatform.dev/node-group"] == "gpu"


def test_autoscaler_owns_the_number_of_nodes(groups):
    assert groups["cpu"].inputs["scalingConfig"] == {"minSize": 0, "maxSize": 10, "desiredSize": 0}
    for each in groups.values():
        assert each.ignore_changes == ("scalingConfig.desiredSize",)


def test_nodes_are_exchanged_by_thirds_and_never_by_force(groups):
    for each in groups.values():
        assert each.inputs["updateConfig"] == {"maxUnavailablePercentage": 33}
        assert each.inputs["forceUpdateVersion"] is False


def test_spot_and_types_are_the_settings(groups):
    assert groups["cpu"].inputs["capacityType"] == "SPOT"
    assert groups["cpu"].inputs["instanceTypes"] == ["m7i.2xlarge", "m6i.2xlarge"]
    assert groups["system"].inputs["capacityType"] == "ON_DEMAND"


def test_nodes_may_join_and_pull_and_nothing_else(state, groups):
    attached = all_of(state, "RolePolicyAttachment")
    own = {name: each for name, each in attached.items() if name.startswith(f"{PREFIX}-nodes-")}
    assert {each.inputs["policyArn"].rpartition("/")[2] for each in own.values()} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    }
    for group in groups.values():
        assert {each.urn for each in own.values()} <= set(group.dependencies)
