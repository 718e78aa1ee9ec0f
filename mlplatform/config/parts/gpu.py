"""NVIDIA's device plugin, on an EKS cluster of the stack's own that has nodes with GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part
from mlplatform.config.parts import eks_services

if TYPE_CHECKING:
    from mlplatform.config.models import Settings


def condition(settings: Settings) -> bool:
    """Tell whether the stack's own cluster has nodes with GPUs."""
    groups = settings.aws.node_groups if settings.aws else ()
    return eks_services.condition(settings) and any(group.kind == "gpu" for group in groups)


PART = Part(
    name="gpu",
    asked_for_in="aws",
    condition=condition,
    charts=("nvidia-device-plugin",),
    needs=("eks_services",),
)
