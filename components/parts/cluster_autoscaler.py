"""The cluster autoscaler: nodes for pods that wait, none for those that are gone. Why not Karpenter: docs/adr/0021."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.chart_values import image_and_tag
from components.kubernetes.metadata import NODE_GROUP_LABEL
from components.kubernetes.object_stores import role_annotations
from components.kubernetes.objects import create_namespace
from components.kubernetes.security import RESTRICTED_CONTAINER, RESTRICTED_POD
from components.parts.eks_services import EksServices
from mlplatform.config.parts.cluster_autoscaler import NAME, image_name

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from mlplatform.config.versions import VersionRow

_USER = 65534
_RESOURCES = {"requests": {"cpu": "100m", "memory": "600Mi"}, "limits": {"memory": "600Mi"}}
_ARGUMENTS: dict[str, str] = {
    # Over zones, and over groups of the same kind.
    "balance-similar-node-groups": "true",
    "expander": "least-waste",
    # A pod with an emptyDir, as each with a sidecar or scratch space is, may be moved: it keeps nothing there.
    "skip-nodes-with-local-storage": "false",
    # What the DaemonSets of a node ask for does not keep it.
    "ignore-daemonsets-utilization": "true",
}


@dataclass(frozen=True, kw_only=True)
class ClusterAutoscalerArgs:
    """Arguments of the autoscaler.

    Attributes:
        cluster: name of the EKS cluster, which its node groups are tagged with.
        region: AWS region.
        kubernetes_version: minor version of the cluster, which the autoscaler's own must be.
        role_arn: IAM role of its service account.
        production: whether it is highly available.
        third_party: where charts and images come from.

    """

    cluster: str
    region: str
    kubernetes_version: str
    role_arn: pulumi.Input[str]
    production: bool
    third_party: ThirdParty


def autoscaler_image(row: VersionRow, kubernetes_version: str) -> str:
    """Return the name, in ``versions.yaml``, of the autoscaler's image for a Kubernetes minor version.

    The autoscaler simulates the scheduler, so each minor version has one of its own.

    Raises:
        ValueError: there is none; whatever version of EKS the settings let in has one.

    """
    name = image_name(kubernetes_version)
    if name not in row.images:
        raise ValueError(f"versions.yaml has no image {name}")
    return name


def autoscaler_values(
    *, cluster: str, region: str, role_arn: pulumi.Input[str], image: str, production: bool
) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        cluster: name of the EKS cluster.
        region: AWS region.
        role_arn: IAM role of its service account.
        image: its image, where it is pulled from.
        production: whether there are two, one of which leads.

    """
    repository, tag = image_and_tag(image)
    return {
        "fullnameOverride": NAME,
        "cloudProvider": "aws",
        "awsRegion": region,
        # EKS tags the Auto Scaling groups of its node groups with the name of their cluster.
        "autoDiscovery": {"clusterName": cluster},
        "image": {"repository": repository, "tag": tag},
        "extraArgs": _ARGUMENTS,
        "rbac": {"serviceAccount": {"name": NAME, "annotations": role_annotations(role_arn)}},
        # Never on a node that it may take away.
        "nodeSelector": {NODE_GROUP_LABEL: "system"},
        "replicaCount": 2 if production else 1,
        "resources": _RESOURCES,
        "securityContext": {**RESTRICTED_POD, "runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER},
        "containerSecurityContext": {**RESTRICTED_CONTAINER, "readOnlyRootFilesystem": True},
    }


class ClusterAutoscaler(pulumi.ComponentResource):
    """The cluster autoscaler, which moves the sizes of the node groups between their limits."""

    def __init__(self, name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace and the chart's release."""
        image = autoscaler_image(args.third_party.row, args.kubernetes_version)
        super().__init__("mlplatform:cluster:ClusterAutoscaler", name, {"cluster": args.cluster}, opts)
        namespace = create_namespace(NAME, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))
        args.third_party.create_release(
            name,
            args.third_party.row.charts["cluster-autoscaler"],
            namespace=NAME,
            values=autoscaler_values(
                cluster=args.cluster,
                region=args.region,
                role_arn=args.role_arn,
                image=args.third_party.image(image),
                production=args.production,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        self.register_outputs({"cluster": args.cluster})


def create(context: PlatformContext) -> ClusterAutoscaler:
    """Create the autoscaler for the stack's EKS cluster, below what else that lacks."""
    aws = context.required_aws
    return ClusterAutoscaler(
        "cluster-autoscaler",
        ClusterAutoscalerArgs(
            cluster=aws.cluster,
            region=aws.region,
            kubernetes_version=aws.kubernetes_version,
            role_arn=aws.autoscaler_role,
            production=context.settings.production,
            third_party=context.third_party,
        ),
        opts=pulumi.ResourceOptions(parent=context.required(EksServices)),
    )
