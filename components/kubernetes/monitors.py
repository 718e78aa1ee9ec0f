"""What Prometheus reads of the platform's third-party parts: its operator's objects. Pure functions.

Source: https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

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


def monitor(
    kind: Literal["PodMonitor", "ServiceMonitor"],
    name: str,
    spec: Mapping[str, Any],
    *,
    namespace: str,
    monitor_labels: Mapping[str, str],
) -> dict[str, Any]:
    """Return an object that makes Prometheus read pods, or Services.

    Args:
        kind: its kind.
        name: its name.
        spec: which pods or Services, and where they hand out metrics.
        namespace: where it lies.
        monitor_labels: its labels, with those that Prometheus selects monitors by.

    """
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": dict(monitor_labels)},
        "spec": dict(spec),
    }


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
    spec = {"selector": {"matchLabels": dict(selector)}, "endpoints": [{"port": port, "interval": INTERVAL}]}
    return monitor("ServiceMonitor", name, spec, namespace=namespace, monitor_labels={**labels(name), **selected_by})


def sidecar_monitor(*, namespace: str, selected_by: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``PodMonitor`` of all sidecars, gateways among them.

    It reads the agent's own port (15020), which mutual TLS leaves out, and where the agent adds the metrics of the
    container beside it. That port is no declared one, so the address is made of the pod's annotation.

    Source: https://istio.io/latest/docs/ops/integrations/prometheus/
    """
    spec = {
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
    }
    return monitor(
        "PodMonitor",
        "istio-sidecars",
        spec,
        namespace=namespace,
        monitor_labels={**labels("istio-sidecars"), **selected_by},
    )


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
    spec = {
        "selector": dict(endpoint.selector),
        "namespaceSelector": {"any": True},
        "podMetricsEndpoints": [{"port": endpoint.port, "path": endpoint.path, "interval": INTERVAL}],
        **({"podTargetLabels": list(endpoint.target_labels)} if endpoint.target_labels else {}),
    }
    return monitor("PodMonitor", name, spec, namespace=namespace, monitor_labels={**labels(name), **selected_by})
