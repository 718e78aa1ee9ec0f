"""Where the requests of models are counted, for alerts and autoscalers. Plain data and pure functions."""

from __future__ import annotations

from dataclasses import dataclass

# What an autoscaler of Seldon asks for, whichever source it comes from.
CUSTOM_METRIC = "requests_per_second"


@dataclass(frozen=True, kw_only=True)
class RequestMetric:
    """A histogram of requests.

    Attributes:
        count: name of its counter.
        bucket: name of its buckets.
        per_second: how many of the buckets' unit are a second.
        code: label with the HTTP status.
        by: labels that tell models apart.
        namespace: label with the model's namespace.
        selector: matchers that leave out everything counted twice; may be empty.

    """

    count: str
    bucket: str
    per_second: int
    code: str
    by: tuple[str, ...]
    namespace: str
    selector: str = ""


# Counted by the sidecars of the models. https://istio.io/latest/docs/reference/config/metrics/
SIDECAR = RequestMetric(
    count="istio_requests_total",
    bucket="istio_request_duration_milliseconds_bucket",
    per_second=1000,
    code="response_code",
    by=("destination_workload_namespace", "destination_workload"),
    namespace="destination_workload_namespace",
    selector='reporter="destination"',
)
# Counted by Knative's queue-proxy (1.23, pkg/queue/request_metric.go; named as OpenTelemetry does for Prometheus).
KNATIVE = RequestMetric(
    count="kn_serving_invocation_duration_seconds_count",
    bucket="kn_serving_invocation_duration_seconds_bucket",
    per_second=1,
    code="http_response_status_code",
    by=("namespace", "serving_kserve_io_inferenceservice"),
    namespace="namespace",
)
# Counted by Seldon's executor (1.17.1, executor/api/metric).
SELDON = RequestMetric(
    count="seldon_api_executor_server_requests_seconds_count",
    bucket="seldon_api_executor_server_requests_seconds_bucket",
    per_second=1,
    code="code",
    by=("namespace", "deployment_name"),
    namespace="namespace",
)


def request_metrics(*, sidecar: bool, knative: bool, seldon: bool) -> dict[str, RequestMetric]:
    """Return the sources of a stack, name -> metric.

    Sidecars count for every engine. Without them each engine counts for itself; through the mutual TLS of a sidecar
    Prometheus could not read those counters anyway.
    """
    if sidecar:
        return {"mesh": SIDECAR}
    return {**({"knative": KNATIVE} if knative else {}), **({"seldon": SELDON} if seldon else {})}


def matchers(metric: RequestMetric, namespaces: tuple[str, ...], *more: str) -> str:
    """Return PromQL's ``{...}`` for the models of some namespaces."""
    parts = [metric.selector, f'{metric.namespace}=~"{"|".join(namespaces)}"', *more]
    return "{" + ",".join(part for part in parts if part) + "}"
