"""Managed node groups, each with a launch template, and the role of their nodes.

The cluster autoscaler owns the number of nodes. EKS tags the group's Auto Scaling group for its discovery
(``k8s.io/cluster-autoscaler/enabled``, ``k8s.io/cluster-autoscaler/<cluster>``) by itself, and it learns labels and
taints of a group without nodes from ``eks:DescribeNodegroup``: no tags for a template of the node are needed.

Sources: Amazon EKS User Guide, "Simplify node lifecycle with managed node groups" and "Customize managed nodes with
launch templates"; Amazon EKS Best Practices Guide, "Restrict access to the instance profile assigned to the worker
node"; Cluster Autoscaler, cloudprovider/aws/README.md and managed_nodegroup_cache.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ec2, eks, iam

from components.aws import names
from components.aws.iam import size
from components.aws.iam.shape import managed_policy
from components.aws.iam.trust import service_trust
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.kubernetes.metadata import NODE_GROUP_LABEL
from mlplatform.config.instance_types import NVIDIA_GPU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.aws.keys import Keys
    from components.aws.network import Network
    from mlplatform.config import Settings
    from mlplatform.config.aws import NodeGroup

# The autoscaler waits for the device plugin of a new node that has it, instead of starting a further node.
_ACCELERATOR_LABEL = "k8s.amazonaws.com/accelerator"
# What the Kubernetes API offers as nodes' own; that of the nodes' network is the vpc-cni add-on's.
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_IMAGES = {
    "system": "AL2023_x86_64_STANDARD",
    "cpu": "AL2023_x86_64_STANDARD",
    "gpu": "AL2023_x86_64_NVIDIA",
}
_CAPACITY = {"onDemand": "ON_DEMAND", "spot": "SPOT"}
# The root volume of Amazon Linux 2023.
_ROOT = "/dev/xvda"
# Of a group's nodes, how many are exchanged at a time: a third, at least one.
_EXCHANGED_PERCENT = 33


@dataclass(frozen=True, kw_only=True)
class NodeGroupsArgs:
    """What the nodes belong to.

    Attributes:
        settings: the stack's settings, with ``aws``.
        cluster_name: name of the cluster, as an output of it.
        keys: the keys; disks are encrypted with that of volumes.
        network: the network, whose private subnets they stand in.
        before: what nodes need when they join: the network add-ons.

    """

    settings: Settings
    cluster_name: pulumi.Input[str]
    keys: Keys
    network: Network
    before: Sequence[pulumi.Resource]


class NodeGroups(pulumi.ComponentResource):
    """The node groups of a cluster.

    Attributes:
        groups: one of each of the settings, in their order.

    """

    groups: list[eks.NodeGroup]

    def __init__(self, name: str, args: NodeGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups.

        Args:
            name: first part of the names that are not a group's.
            args: what the nodes belong to.
            opts: options of the component.

        """
        super().__init__("mlplatform:aws:NodeGroups", name, {}, opts)
        self._args = args
        self._inside = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            name,
            assume_role_policy=size.text(service_trust("ec2.amazonaws.com")),
            description="Nodes of the cluster: join it, pull images",
            tags=tags(args.settings),
            opts=self._inside,
        )
        rights = [
            iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=managed_policy(policy), opts=self._inside
            )
            for policy in NODE_POLICIES
        ]
        self.groups = [self._group(group, role, rights) for group in aws_settings(args.settings).node_groups]
        self.register_outputs({"roleArn": role.arn})

    def _group(self, group: NodeGroup, role: iam.Role, rights: Sequence[pulumi.Resource]) -> eks.NodeGroup:
        args = self._args
        group_name = names.node_group(aws_settings(args.settings), group.name)
        template = self._template(group_name, group)
        return eks.NodeGroup(
            group_name,
            cluster_name=args.cluster_name,
            node_role_arn=role.arn,
            subnet_ids=args.network.private_subnet_ids,
            version=eks_settings(args.settings).kubernetes_version,
            ami_type=_IMAGES[group.kind],
            capacity_type=_CAPACITY[group.capacity],
            instance_types=list(group.instance_types),
            launch_template=eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=group.min_size, max_size=group.max_size, desired_size=group.min_size
            ),
            update_config=eks.NodeGroupUpdateConfigArgs(max_unavailable_percentage=_EXCHANGED_PERCENT),
            # A node whose pods a disruption budget keeps stops the exchange, and an administrator has to look.
            force_update_version=False,
            labels=node_labels(group),
            taints=node_taints(group),
            tags=tags(args.settings),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*rights, *args.before],
                # The autoscaler's number. EKS needs one to begin with, and the provider sends all three whenever one
                # of them changes, this one as the state has it. So a refresh goes before a change of sizes, or nodes
                # that run models are taken away; and EKS refuses a smallest size above it until it is raised
                # (docs/settings.md).
                ignore_changes=["scalingConfig.desiredSize"],
            ),
        )

    def _template(self, name: str, group: NodeGroup) -> ec2.LaunchTemplate:
        settings = self._args.settings
        disk = ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=group.disk_gib,
            encrypted="true",
            kms_key_id=self._args.keys.volumes,
            delete_on_termination="true",
        )
        return ec2.LaunchTemplate(
            name,
            description=f"Nodes of the group {group.name}",
            block_device_mappings=[ec2.LaunchTemplateBlockDeviceMappingArgs(device_name=_ROOT, ebs=disk)],
            # One hop: the node itself, no pod of it. Pods have roles of their own.
            metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
                instance_metadata_tags="disabled",
            ),
            tag_specifications=[
                ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags(settings, name))
                for kind in ("instance", "volume", "network-interface")
            ],
            update_default_version=True,
            tags=tags(settings),
            opts=self._inside,
        )


def node_labels(group: NodeGroup) -> dict[str, str]:
    """Return the Kubernetes labels of a group's nodes."""
    accelerator = {_ACCELERATOR_LABEL: "nvidia"} if group.kind == "gpu" else {}
    return {NODE_GROUP_LABEL: group.kind, **accelerator}


def node_taints(group: NodeGroup) -> list[eks.NodeGroupTaintArgs] | None:
    """Return the taints of a group's nodes: on those with GPUs, only pods that ask for one.

    EKS's admission plugin ExtendedResourceToleration adds the toleration to a pod that asks for ``nvidia.com/gpu``.
    """
    if group.kind != "gpu":
        return None
    return [eks.NodeGroupTaintArgs(key=NVIDIA_GPU, value="present", effect="NO_SCHEDULE")]
