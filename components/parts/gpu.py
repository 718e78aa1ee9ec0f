"""NVIDIA's device plugin: it offers the GPUs of a node to pods as the resource ``nvidia.com/gpu``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.metadata import NODE_GROUP_LABEL
from components.kubernetes.objects import NODE_NAMESPACE
from components.parts.eks_services import EksServices

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext

NAME = "nvidia-device-plugin"
_RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}


@dataclass(frozen=True, kw_only=True)
class GpuArgs:
    """Arguments of the device plugin.

    Attributes:
        third_party: where charts and images come from.

    """

    third_party: ThirdParty


def device_plugin_values() -> dict[str, Any]:
    """Return the chart's values.

    The chart looks for labels of Node Feature Discovery, which is not installed: the label of the node group says as
    much. It tolerates the taint ``nvidia.com/gpu`` by itself.
    """
    group = {"key": NODE_GROUP_LABEL, "operator": "In", "values": ["gpu"]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [group]}]}
    return {
        "fullnameOverride": NAME,
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "resources": _RESOURCES,
    }


class Gpu(pulumi.ComponentResource):
    """The device plugin on the nodes of the groups of kind ``gpu``."""

    def __init__(self, name: str, args: GpuArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the chart's release. Its pods mount folders of the node, so they are where those of nodes are."""
        super().__init__("mlplatform:cluster:Gpu", name, {}, opts)
        args.third_party.create_release(
            NAME,
            args.third_party.row.charts[NAME],
            namespace=NODE_NAMESPACE,
            values=device_plugin_values(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def create(context: PlatformContext) -> Gpu:
    """Create the device plugin for the stack's EKS cluster, below what else that lacks."""
    opts = pulumi.ResourceOptions(parent=context.required(EksServices))
    return Gpu("gpu", GpuArgs(third_party=context.third_party), opts=opts)
