"""What an EKS cluster of the stack's own lacks and no chart brings: a default storage class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.platform_context import PlatformContext

STORAGE_CLASS = "gp3"


@dataclass(frozen=True, kw_only=True)
class EksServicesArgs:
    """Arguments of the services of EKS.

    Attributes:
        cluster: name of the EKS cluster.
        volumes_key: ARN of the key that volumes are encrypted with.
        tags: tags of volumes.

    """

    cluster: str
    volumes_key: pulumi.Input[str]
    tags: Mapping[str, str]


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
    """The default storage class; the cluster autoscaler and NVIDIA's device plugin are below it as well.

    Attributes:
        storage: the default storage class, which everything with volumes comes after.

    """

    storage: pulumi.Resource

    def __init__(self, name: str, args: EksServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the storage class."""
        super().__init__("mlplatform:cluster:EksServices", name, {"cluster": args.cluster}, opts)
        manifest = storage_class(args.volumes_key, args.tags)
        self.storage = kubernetes.storage.v1.StorageClass(
            f"{name}-{STORAGE_CLASS}",
            metadata=manifest["metadata"],
            provisioner=manifest["provisioner"],
            parameters=manifest["parameters"],
            volume_binding_mode=manifest["volumeBindingMode"],
            allow_volume_expansion=manifest["allowVolumeExpansion"],
            reclaim_policy=manifest["reclaimPolicy"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"storageClass": STORAGE_CLASS})


def create(context: PlatformContext) -> EksServices:
    """Create what the stack's EKS cluster lacks."""
    aws = context.required_aws
    args = EksServicesArgs(cluster=aws.cluster, volumes_key=aws.volumes_key, tags=aws.tags)
    return EksServices("eks", args, opts=context.inside)
