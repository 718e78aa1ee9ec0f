"""The cluster autoscaler of an EKS cluster of the stack's own."""

from __future__ import annotations

from mlplatform.config.part import Part
from mlplatform.config.parts.eks_services import condition

# Namespace, Helm release and service account, which the IAM role trusts.
NAME = "cluster-autoscaler"

PART = Part(
    name="cluster_autoscaler",
    asked_for_in="aws",
    condition=condition,
    charts=(NAME,),
    namespaces=(NAME,),
    needs=("eks_services",),
)
