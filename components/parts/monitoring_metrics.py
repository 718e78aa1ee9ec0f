"""Where the requests of models are counted, for alerts and autoscalers. Plain data and pure functions."""

from __future__ import annotations

from typing import Any

from components.serving.engines import KServe, Seldon
from components.serving.engines.request_metric import RequestMetric

# What a ScaledObject asks Prometheus for, whichever source it comes from. Colons are of recorded series.
REQUESTS_PER_SECOND = "mlplatform:requests_per_second"

# Counted by the sidecars of the models. https://istio.io/latest/docs/reference/config/metrics/
SIDECAR = RequestMetric(
    source="mesh",
    count="istio_requests_total",
    bucket="istio_request_duration_milliseconds_bucket",
    per_second=1000,
    code="response_code",
    by=("destination_workload_namespace", "destination_workload"),
    namespace="destination_workload_namespace",
    selector='reporter="destination"',
)


def request_metrics(*, sidecar: bool, knative: bool, seldon: bool) -> dict[str, RequestMetric]:
    """Return the sources of a stack, name -> metric.

    Sidecars count for every engine. Without them each engine counts for itself; through the mutual TLS of a sidecar
    Prometheus could not read those counters anyway.
    """
    if sidecar:
        return {SIDECAR.source: SIDECAR}
    return {metric.source: metric for metric, counts in ((KServe.metric, knative), (Seldon.metric, seldon)) if counts}


def requests_per_second(metric: RequestMetric) -> dict[str, Any]:
    """Return the recording of how many requests a second each pod answers, with the labels namespace and pod."""
    of_pods = ",".join(part for part in (metric.selector, 'namespace!=""', 'pod!=""') if part)
    return {
        "record": REQUESTS_PER_SECOND,
        "expr": f"sum by (namespace, pod) (rate({metric.count}{{{of_pods}}}[2m]))",
        "labels": {"source": metric.source},
    }


def matchers(metric: RequestMetric, namespaces: tuple[str, ...], *more: str) -> str:
    """Return PromQL's ``{...}`` for the models of some namespaces."""
    parts = [metric.selector, f'{metric.namespace}=~"{"|".join(namespaces)}"', *more]
    return "{" + ",".join(part for part in parts if part) + "}"
