"""EKS add-ons: which there are, in which order, with which configuration and role.

Sources: Amazon EKS User Guide, "Amazon EKS add-ons", "Configure Amazon VPC CNI plugin to use IRSA", "Limit Pod traffic
with Kubernetes network policies", "Assign more IP addresses to Amazon EKS nodes with prefixes" and "Store Kubernetes
volumes with Amazon EBS".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import eks

from components.aws.iam.documents import volumes_key_document
from components.aws.iam.shape import managed_policy
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.aws.workload_role import ServiceAccount, WorkloadRole, WorkloadRoleArgs
from components.kubernetes.metadata import NODE_GROUP_LABEL
from mlplatform.config.eks_versions import eks_addons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.aws.keys import Keys
    from components.aws.workload_role import OidcProvider
    from mlplatform.config import Settings

# Daemons of the node: a node is not ready without its network, and the network needs the addresses of services.
BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
# Deployments: they need nodes to be healthy.
ON_NODES = ("coredns", "aws-ebs-csi-driver", "metrics-server")
_SYSTEM_NODES = {"nodeSelector": {NODE_GROUP_LABEL: "system"}}


@dataclass(frozen=True, kw_only=True)
class _Role:
    """What an add-on that calls AWS may do.

    Attributes:
        account: name of its service account, in the namespace ``kube-system``.
        managed: ARN of AWS's own policy about it.
        volumes_key: whether it uses the key of volumes.

    """

    account: str
    managed: str
    volumes_key: bool = False


_ROLES = {
    "vpc-cni": _Role(account="aws-node", managed=managed_policy("AmazonEKS_CNI_Policy")),
    "aws-ebs-csi-driver": _Role(
        account="ebs-csi-controller-sa",
        managed=managed_policy("AmazonEBSCSIDriverPolicyV2"),
        volumes_key=True,
    ),
}


@dataclass(frozen=True, kw_only=True)
class AddonsArgs:
    """Arguments of the add-ons.

    Attributes:
        settings: the stack's settings, with ``aws``.
        cluster_name: name of the cluster, as an output of it.
        oidc: the cluster's issuer.
        keys: the keys; that of volumes is for the EBS CSI driver.
        names: the add-ons.
        before: what they need.

    """

    settings: Settings
    cluster_name: pulumi.Input[str]
    oidc: OidcProvider
    keys: Keys
    names: Sequence[str]
    before: Sequence[pulumi.Resource] = ()


class Addons(pulumi.ComponentResource):
    """Add-ons of a cluster, each with a role of its own where it calls AWS.

    Attributes:
        addons: name of the add-on -> the add-on.

    """

    addons: dict[str, eks.Addon]

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the add-ons.

        Args:
            name: first part of all names.
            args: which, and what of.
            opts: options of the component.

        Raises:
            ProblemsError: there are no versions of them for this Kubernetes.

        """
        version = eks_settings(args.settings).kubernetes_version
        super().__init__("mlplatform:aws:Addons", name, {"kubernetesVersion": version}, opts)
        self._first, self._args = name, args
        versions = eks_addons(version)
        self.addons = {addon: self._addon(addon, versions[addon]) for addon in args.names}
        self.register_outputs({})

    def _addon(self, addon: str, version: str) -> eks.Addon:
        args = self._args
        role = self._role(addon)
        values = configuration(addon, tags(args.settings))
        return eks.Addon(
            f"{self._first}-{addon}",
            cluster_name=args.cluster_name,
            addon_name=addon,
            addon_version=version,
            configuration_values=json.dumps(values, sort_keys=True) if values else None,
            service_account_role_arn=None if role is None else role.arn,
            # What is configured here is the one truth: a field that somebody changed by hand in the cluster would stop
            # the update halfway (NONE), or stay for good and unseen (PRESERVE).
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            tags=tags(args.settings),
            opts=pulumi.ResourceOptions(
                # Its policies, too, have to be attached: a driver that may do nothing stays unhealthy.
                parent=self,
                depends_on=[*args.before, *([] if role is None else [role])],
            ),
        )

    def _role(self, addon: str) -> WorkloadRole | None:
        rights, args = _ROLES.get(addon), self._args
        if rights is None:
            return None
        region = aws_settings(args.settings).region
        key = pulumi.Output.from_input(args.keys.volumes).apply(lambda arn: volumes_key_document(arn, region))
        return WorkloadRole(
            f"{aws_settings(args.settings).prefix}-{addon}",
            WorkloadRoleArgs(
                account=ServiceAccount(namespace="kube-system", name=rights.account),
                oidc=args.oidc,
                documents=[key] if rights.volumes_key else [],
                managed=[rights.managed],
                tags=tags(args.settings),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def configuration(addon: str, volume_tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration of an add-on, of the form of its schema; empty: its defaults.

    Args:
        addon: its name.
        volume_tags: tags of what add-ons make in AWS by themselves: network interfaces and volumes.

    """
    if addon == "vpc-cni":
        return {
            "enableNetworkPolicy": "true",
            "env": {
                # A node's interfaces get blocks of 16 addresses instead of single ones: more pods a node. EKS counts
                # with it where a node group is made after this.
                "ENABLE_PREFIX_DELEGATION": "true",
                "WARM_PREFIX_TARGET": "1",
                "ADDITIONAL_ENI_TAGS": json.dumps(dict(volume_tags), sort_keys=True),
            },
        }
    if addon == "coredns":
        return dict(_SYSTEM_NODES)
    if addon == "aws-ebs-csi-driver":
        return {"controller": {**_SYSTEM_NODES, "extraVolumeTags": dict(volume_tags)}}
    return {}
