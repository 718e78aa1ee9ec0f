"""What an EKS cluster of the stack's own lacks: a default storage class, the autoscaler, and GPUs as a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import labels
from components.parts.cluster_autoscaler import ClusterAutoscaler, ClusterAutoscalerArgs
from components.parts.gpu import Gpu, GpuArgs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.third_party import ThirdParty

STORAGE_CLASS = "gp3"


@dataclass(frozen=True, kw_only=True)
class EksServicesArgs:
    """What they need to know.

    Attributes:
        cluster: name of the EKS cluster.
        region: its region.
        kubernetes_version: its minor version.
        volumes_key: ARN of the key that volumes are encrypted with.
        tags: tags of volumes.
        autoscaler_role: IAM role of the autoscaler.
        gpu: whether there are nodes with GPUs.
        production: whether they are highly available.
        third_party: where charts and images come from.

    """

    cluster: str
    region: str
    kubernetes_version: str
    volumes_key: pulumi.Input[str]
    tags: Mapping[str, str]
    autoscaler_role: pulumi.Input[str]
    gpu: bool
    production: bool
    third_party: ThirdParty


def storage_class(volumes_key: pulumi.Input[str], tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the default ``StorageClass``: EKS has had none since 1.30.

    A volume comes where its pod is scheduled, and not before: it belongs to one zone.

    Args:
        volumes_key: ARN of the key that volumes are encrypted with.
        tags: tags of volumes.

    Source: docs/parameters.md and docs/tagging.md of https://github.com/kubernetes-sigs/aws-ebs-csi-driver

    """
    tagged = {f"tagSpecification_{number}": f"{key}={tags[key]}" for number, key in enumerate(sorted(tags), start=1)}
    return {
        "metadata": {
            "name": STORAGE_CLASS,
            "labels": labels(),
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3", "encrypted": "true", "kmsKeyId": volumes_key, **tagged},
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
    }


class EksServices(pulumi.ComponentResource):
    """Storage class, cluster autoscaler and, where there are such nodes, NVIDIA's device plugin.

    Attributes:
        storage: the default storage class, which everything with volumes comes after.

    """

    storage: pulumi.Resource

    def __init__(self, name: str, args: EksServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create them."""
        super().__init__("mlplatform:cluster:EksServices", name, {"cluster": args.cluster}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        manifest = storage_class(args.volumes_key, args.tags)
        self.storage = kubernetes.storage.v1.StorageClass(
            f"{name}-{STORAGE_CLASS}",
            metadata=manifest["metadata"],
            provisioner=manifest["provisioner"],
            parameters=manifest["parameters"],
            volume_binding_mode=manifest["volumeBindingMode"],
            allow_volume_expansion=manifest["allowVolumeExpansion"],
            reclaim_policy=manifest["reclaimPolicy"],
            opts=inside,
        )
        ClusterAutoscaler(
            "cluster-autoscaler",
            ClusterAutoscalerArgs(
                cluster=args.cluster,
                region=args.region,
                kubernetes_version=args.kubernetes_version,
                role_arn=args.autoscaler_role,
                production=args.production,
                third_party=args.third_party,
            ),
            opts=inside,
        )
        if args.gpu:
            Gpu("gpu", GpuArgs(third_party=args.third_party), opts=inside)
        self.register_outputs({"storageClass": STORAGE_CLASS})
