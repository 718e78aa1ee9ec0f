"""What an EKS cluster of the stack's own lacks and no chart brings: a default storage class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part

if TYPE_CHECKING:
    from mlplatform.config.models import Settings


def condition(settings: Settings) -> bool:
    """Tell whether the stack brings its own EKS cluster."""
    # A draft may lack the cluster.
    return settings.aws is not None and bool(settings.cluster) and settings.cluster.kind == "eks"


PART = Part(name="eks_services", asked_for_in="aws", condition=condition)
