"""Values of the charts of monitoring. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.cluster.model_metrics import CUSTOM_METRIC
from components.cluster.objects import NODE_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from components.cluster.model_metrics import RequestMetric

# Name of the release, which the chart's own objects carry in the label ``release``.
STACK = "kube-prometheus-stack"
# Days of data.
RETENTION_DAYS = {True: 30, False: 7}
_ADAPTER_RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


def stack_values(*, admin_secret: str, production: bool) -> dict[str, Any]:
    """Return the values of ``kube-prometheus-stack``.

    Its Prometheus takes every monitor and rule of the cluster, whatever their labels: there is only this one.

    Args:
        admin_secret: Secret with Grafana's administrator, keys ``admin-user`` and ``admin-password``.
        production: data is kept for longer, and twice.

    """
    everything = {
        f"{kind}SelectorNilUsesHelmValues": False for kind in ("rule", "serviceMonitor", "podMonitor", "probe")
    }
    return {
        "prometheus": {
            "prometheusSpec": {
                **everything,
                "retention": f"{RETENTION_DAYS[production]}d",
                "replicas": 2 if production else 1,
            }
        },
        "grafana": {
            "admin": {"existingSecret": admin_secret},
            # Dashboards are ConfigMaps with the label grafana_dashboard, in any namespace.
            "sidecar": {"dashboards": {"searchNamespace": "ALL"}},
        },
        # It looks at the node itself, which Pod Security refuses in a namespace of our own.
        "prometheus-node-exporter": {"namespaceOverride": NODE_NAMESPACE},
    }


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
        "resources": _ADAPTER_RESOURCES,
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
