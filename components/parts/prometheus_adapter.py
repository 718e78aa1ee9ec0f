"""prometheus-adapter: metrics of Prometheus for autoscalers, by the custom metrics API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pulumi

from components.parts.monitoring import Monitoring
from components.parts.monitoring_metrics import CUSTOM_METRIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from components.serving.engines.request_metric import RequestMetric

_RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


def create(context: PlatformContext) -> pulumi.Resource:
    """Create it below monitoring, in whose section it is asked for, and whose Prometheus it reads."""
    return create_adapter("monitoring-adapter", context.required(Monitoring), third_party=context.third_party)


def create_adapter(name: str, monitoring: Monitoring, *, third_party: ThirdParty) -> pulumi.Resource:
    """Create the chart's release.

    Args:
        name: name of the resource and of the Helm release.
        monitoring: what it is below, and whose Prometheus it reads.
        third_party: where charts and images come from.

    Raises:
        ValueError: nobody knows the URL of Prometheus; the settings' rules ask for it.

    """
    if monitoring.prometheus_url is None:
        raise ValueError("prometheus-adapter needs the URL of Prometheus")
    return third_party.create_release(
        name,
        third_party.row.charts["prometheus-adapter"],
        namespace=monitoring.namespace,
        values=adapter_values(prometheus_url=monitoring.prometheus_url, metrics=monitoring.metrics.values()),
        opts=pulumi.ResourceOptions(parent=monitoring, depends_on=monitoring.ready),
    )


def adapter_values(*, prometheus_url: str, metrics: Iterable[RequestMetric]) -> dict[str, Any]:
    """Return the values of ``prometheus-adapter``.

    It serves one metric of pods, ``requests_per_second``, which autoscalers ask the custom metrics API for.

    Args:
        prometheus_url: URL of Prometheus inside the cluster.
        metrics: what counts the requests of models.

    """
    parts = urlsplit(prometheus_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    prometheus: dict[str, Any] = {"url": f"{parts.scheme}://{parts.hostname}", "port": port}
    if parts.path.rstrip("/"):
        prometheus["path"] = parts.path.rstrip("/")
    return {
        "prometheus": prometheus,
        "rules": {"default": False, "custom": [_requests_per_second(metric) for metric in metrics]},
        "resources": _RESOURCES,
    }


def _requests_per_second(metric: RequestMetric) -> Mapping[str, Any]:
    # In Go's template language, as the adapter has it: https://github.com/kubernetes-sigs/prometheus-adapter/blob/master/docs/config.md
    matchers = ",".join(part for part in (metric.selector, 'namespace!=""', 'pod!=""') if part)
    counted = "<<.Series>>{" + ",".join(part for part in (metric.selector, "<<.LabelMatchers>>") if part) + "}"
    return {
        "seriesQuery": f"{metric.count}{{{matchers}}}",
        "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
        "name": {"matches": "", "as": CUSTOM_METRIC},
        "metricsQuery": f"sum(rate({counted}[2m])) by (<<.GroupBy>>)",
    }
