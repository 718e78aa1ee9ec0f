"""Where the requests of models are counted, for alerts and autoscalers. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.kubernetes.monitors import MetricsEndpoint


@dataclass(frozen=True, kw_only=True)
class RequestMetric:
    """A histogram of requests.

    Attributes:
        source: who counts, for names of objects and alerts.
        count: name of its counter.
        bucket: name of its buckets.
        per_second: how many of the buckets' unit are a second.
        code: label with the HTTP status.
        by: labels that tell models apart.
        namespace: label with the model's namespace.
        selector: matchers that leave out everything counted twice; may be empty.
        endpoint: where the pods of models hand it out, ``None`` where sidecars do.

    """

    source: str
    count: str
    bucket: str
    per_second: int
    code: str
    by: tuple[str, ...]
    namespace: str
    selector: str = ""
    endpoint: MetricsEndpoint | None = None
