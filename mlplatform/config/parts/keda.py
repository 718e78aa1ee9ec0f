"""KEDA, the event-driven autoscaler, asked for in the section ``monitoring``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part

if TYPE_CHECKING:
    from mlplatform.config.models import Settings

NAMESPACE = "keda"


def condition(settings: Settings) -> bool:
    """Tell whether ``monitoring.keda`` asks for it."""
    return settings.monitoring is not None and settings.monitoring.keda is True


PART = Part(
    name="keda",
    asked_for_in="monitoring",
    condition=condition,
    charts=("keda",),
    namespaces=(NAMESPACE,),
    crds={"keda": "keda"},
    needs=("monitoring",),
)
