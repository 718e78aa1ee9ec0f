"""MLflow's ServiceMonitor and its dashboard in Grafana. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.monitors import INTERVAL, monitor
from components.mlflow import names

if TYPE_CHECKING:
    from mlplatform.config.mlflow import MlflowSection

Manifest = dict[str, Any]

# The label that the sidecar of kube-prometheus-stack's Grafana looks for.
_DASHBOARD_LABEL = {"grafana_dashboard": "1"}
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_REQUESTS = "mlflow_http_request_total"
_SECONDS = "mlflow_http_request_duration_seconds"
_WIDTH, _HEIGHT = 12, 8


def service_monitor(settings: MlflowSection, labels: dict[str, str]) -> Manifest:
    """Return the ServiceMonitor.

    Args:
        settings: MLflow's settings.
        labels: labels that the Prometheus selects ServiceMonitors by.

    """
    spec = {
        "selector": {"matchLabels": names.selector(names.SERVER_METRICS)},
        "namespaceSelector": {"matchNames": [settings.namespace]},
        "endpoints": [{"port": names.METRICS, "path": "/metrics", "interval": INTERVAL, "scrapeTimeout": "10s"}],
    }
    monitor_labels = {**names.pod_labels(names.SERVER), **labels}
    return monitor("ServiceMonitor", names.SERVER, spec, namespace=settings.namespace, monitor_labels=monitor_labels)


def dashboard_config_map(settings: MlflowSection) -> Manifest:
    """Return the ConfigMap that Grafana's sidecar loads the dashboard from."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "mlflow-dashboard",
            "namespace": settings.namespace,
            "labels": {**names.pod_labels(names.SERVER), **_DASHBOARD_LABEL},
        },
        "data": {"mlflow.json": json.dumps(dashboard(), indent=1) + "\n"},
    }


def dashboard() -> dict[str, Any]:
    """Return the dashboard; every panel queries metrics that ``mlflow server --expose-prometheus`` exports."""
    window = "[$__rate_interval]"
    rate = f"sum by (status) (rate({_REQUESTS}{_selector()}{window}))"
    errors = _sum(_REQUESTS + _selector('status=~"5.."'), window)
    refused = _sum(_REQUESTS + _selector('status=~"401|403"'), window)
    total = _sum(f"{_REQUESTS}{_selector()}", window)
    mean = f"{_sum(f'{_SECONDS}_sum{_selector()}', window)} / {_sum(f'{_SECONDS}_count{_selector()}', window)}"
    otlp = "mlflow_otlp_request_duration_seconds"
    panels = [
        _panel("Requests by status", "reqps", (rate, "{{status}}")),
        _panel("Share of server errors", "percentunit", (f"{errors} / {total}", "5xx")),
        _panel("Time of an answer", "s", *((_quantile(share), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99))),
        _panel("Mean time of an answer", "s", (mean, "mean")),
        _panel(
            "Requests by method",
            "reqps",
            (f"sum by (method) (rate({_REQUESTS}{_selector()}{window}))", "{{method}}"),
        ),
        _panel("Refused log-ins and rights", "reqps", (refused, "401, 403")),
        _panel("Traces received", "reqps", (_sum(f"{otlp}_count{_selector()}", window), "requests")),
        _panel(
            "Pods and versions", "short", (f"count by (version) (mlflow_exporter_info{_selector()})", "{{version}}")
        ),
    ]
    for index, panel in enumerate(panels):
        panel["id"] = index + 1
        panel["gridPos"] = {"h": _HEIGHT, "w": _WIDTH, "x": _WIDTH * (index % 2), "y": _HEIGHT * (index // 2)}
    return {
        "title": "MLflow",
        "uid": "mlplatform-mlflow",
        "tags": ["mlplatform"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
                {
                    "name": "namespace",
                    "type": "query",
                    "label": "Namespace",
                    "datasource": _DATASOURCE,
                    "query": {"query": "label_values(mlflow_exporter_info, namespace)", "refId": "namespace"},
                    "refresh": 2,
                    "includeAll": True,
                    "allValue": ".*",
                },
            ]
        },
        "panels": panels,
    }


def _selector(more: str = "") -> str:
    return "{" + ",".join(part for part in ('namespace=~"$namespace"', more) if part) + "}"


def _sum(metric: str, window: str) -> str:
    return f"sum(rate({metric}{window}))"


def _quantile(share: float) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({_SECONDS}_bucket{_selector()}[$__rate_interval])))"


def _panel(title: str, unit: str, *queries: tuple[str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "timeseries",
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"expr": query, "legendFormat": legend, "refId": chr(ord("A") + index), "datasource": _DATASOURCE}
            for index, (query, legend) in enumerate(queries)
        ],
    }
