"""Knative Serving, installed by its operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mlplatform.config.fields import MAX_COUNT, Section
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding

OPERATOR_NAMESPACE = "knative-operator"
NAMESPACE = "knative-serving"


class KnativeAutoscalerSection(Section):
    """Knative's autoscaler (``config-autoscaler``)."""

    scale_to_zero: bool = Field(default=True, description="whether idle models may scale to zero")
    scale_to_zero_grace_seconds: Annotated[int, Field(strict=True, ge=6, le=MAX_COUNT)] = Field(
        default=30, description="how long the last pod is kept while traffic moves to the activator"
    )
    stable_window_seconds: Annotated[int, Field(strict=True, ge=6, le=3600)] = Field(
        default=60, description="window over which concurrency is averaged"
    )


class KnativeSection(Section):
    """Knative Serving, installed by its operator."""

    autoscaler: KnativeAutoscalerSection = Field(
        default_factory=KnativeAutoscalerSection, description="Knative's autoscaler"
    )
    await_ready: bool = Field(
        default=True, description="wait until Knative says that it is ready; false in the sandbox, where nothing runs"
    )


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield what Knative lacks."""
    if settings.knative is not None and settings.ingress is None:
        yield ("ingress",), "is required beside knative: the class and domain of its routes"


PART = Part(
    name="knative",
    section=KnativeSection,
    description="Knative Serving; none: not installed",
    charts=("knative-operator",),
    namespaces=(OPERATOR_NAMESPACE, NAMESPACE),
    crds={"knative-operator": "knative-operator", "knative-serving": "knative-operator"},
    needs=("cert_manager", "istio"),
    rules=rules,
)
