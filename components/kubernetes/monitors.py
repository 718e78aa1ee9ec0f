"""What Prometheus reads of the platform's third-party parts: its operator's objects. Pure functions.

Source: https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERVAL = "30s"
_ADDRESS = "__address__"


@dataclass(frozen=True, kw_only=True)
class MetricsEndpoint:
    """Where pods hand out metrics.

    Attributes:
        selector: label selector of the pods.
        port: name of the port.
        path: path on it.
        target_labels: labels of the pods that Prometheus adds to the metrics.

    """

    selector: Mapping[str, Any]
    port: str
    path: str
    target_labels: tuple[str, ...] = ()


def service_monitor(
    name: str, *, namespace: str, selector: Mapping[str, str], port: str, selected_by: Mapping[str, str]
) -> dict[str, Any]:
    """Return the ``ServiceMonitor`` of Services in its own namespace.

    Args:
        name: its name.
        namespace: where it lies and looks.
        selector: labels of the Services.
        port: name of their port.
        selected_by: labels that Prometheus selects monitors by.

    """
    return {
        **_head("ServiceMonitor", name, namespace, selected_by),
        "spec": {"selector": {"matchLabels": dict(selector)}, "endpoints": [{"port": port, "interval": INTERVAL}]},
    }


def sidecar_monitor(*, namespace: str, selected_by: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``PodMonitor`` of all sidecars, gateways among them.

    It reads the agent's own port (15020), which mutual TLS leaves out, and where the agent adds the metrics of the
    container beside it. That port is no declared one, so the address is made of the pod's annotation.

    Source: https://istio.io/latest/docs/ops/integrations/prometheus/
    """
    return {
        **_head("PodMonitor", "istio-sidecars", namespace, selected_by),
        "spec": {
            "selector": {"matchExpressions": [{"key": "istio-prometheus-ignore", "operator": "DoesNotExist"}]},
            "namespaceSelector": {"any": True},
            "podMetricsEndpoints": [
                {
                    "path": "/stats/prometheus",
                    "interval": INTERVAL,
                    "relabelings": [
                        {
                            "action": "keep",
                            "sourceLabels": ["__meta_kubernetes_pod_container_name"],
                            "regex": "istio-proxy",
                        },
                        {
                            "action": "keep",
                            "sourceLabels": ["__meta_kubernetes_pod_container_port_name"],
                            "regex": "http-envoy-prom",
                        },
                        {
                            "action": "replace",
                            "sourceLabels": ["__meta_kubernetes_pod_ip"],
                            "regex": "([0-9.]+)",
                            "replacement": "$1:15020",
                            "targetLabel": _ADDRESS,
                        },
                        {
                            "action": "replace",
                            "sourceLabels": ["__meta_kubernetes_pod_ip"],
                            "regex": "([0-9a-f]*:[0-9a-f:]*)",
                            "replacement": "[$1]:15020",
                            "targetLabel": _ADDRESS,
                        },
                    ],
                }
            ],
        },
    }


def pod_monitor(
    name: str, endpoint: MetricsEndpoint, *, namespace: str, selected_by: Mapping[str, str]
) -> dict[str, Any]:
    """Return the ``PodMonitor`` of pods in all namespaces.

    Args:
        name: its name.
        endpoint: the pods, and where they hand out metrics.
        namespace: where it lies.
        selected_by: labels that Prometheus selects monitors by.

    """
    return {
        **_head("PodMonitor", name, namespace, selected_by),
        "spec": {
            "selector": dict(endpoint.selector),
            "namespaceSelector": {"any": True},
            "podMetricsEndpoints": [{"port": endpoint.port, "path": endpoint.path, "interval": INTERVAL}],
            **({"podTargetLabels": list(endpoint.target_labels)} if endpoint.target_labels else {}),
        },
    }


def _head(kind: str, name: str, namespace: str, selected_by: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": {**labels(name), **selected_by}},
    }
