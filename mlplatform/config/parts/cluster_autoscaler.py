"""The cluster autoscaler of an EKS cluster of the stack's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part
from mlplatform.config.parts.eks_services import condition

if TYPE_CHECKING:
    from mlplatform.config.models import Settings
    from mlplatform.config.versions import VersionRow

# Namespace, Helm release and service account, which the IAM role trusts.
NAME = "cluster-autoscaler"


def image_name(kubernetes: str | None) -> str:
    """Return the name, in ``versions.yaml``, of the image for a Kubernetes minor version."""
    return f"{NAME}-{kubernetes}"


def images(settings: Settings, row: VersionRow) -> dict[str, str]:
    """Return the image of the cluster's Kubernetes version; the component says where there is none."""
    name = image_name(settings.cluster.kubernetes_version)
    return {name: row.images[name]} if name in row.images else {}


PART = Part(
    name="cluster_autoscaler",
    asked_for_in="aws",
    condition=condition,
    charts=(NAME,),
    images=images,
    namespaces=(NAME,),
    needs=("eks_services",),
)
