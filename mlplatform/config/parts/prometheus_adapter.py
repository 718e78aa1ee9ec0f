"""prometheus-adapter, which serves metrics of Prometheus to autoscalers, asked for in the section ``monitoring``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding


def condition(settings: Settings) -> bool:
    """Tell whether ``monitoring.prometheusAdapter`` asks for it."""
    return settings.monitoring is not None and settings.monitoring.prometheus_adapter is True


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield a missing address of the Prometheus that it reads."""
    monitoring = settings.monitoring
    if monitoring is None or not condition(settings):
        return
    if monitoring.stack != "kubePrometheusStack" and not monitoring.prometheus_url:
        yield (
            ("monitoring", "prometheusUrl"),
            "is required beside prometheusAdapter: the URL of the existing Prometheus inside the cluster",
        )


PART = Part(
    name="prometheus_adapter",
    asked_for_in="monitoring",
    condition=condition,
    charts=("prometheus-adapter",),
    needs=("monitoring",),
    rules=rules,
)
