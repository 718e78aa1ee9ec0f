"""Requests and limits of a model server. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.quantity import parse_quantity

if TYPE_CHECKING:
    from mlplatform.config import Model
    from mlplatform.config.engines import Runtime

Resources = dict[str, dict[str, str]]


def stated_resources(model: Model) -> Resources:
    """Return the resources as the settings state them."""
    return {"requests": dict(model.resources.requests), "limits": dict(model.resources.limits)}


def resources_over_runtime(model: Model, runtime: Runtime) -> Resources:
    """Return the resources with a CPU limit wherever the runtime has one.

    KServe merges them into the runtime's own: a request above the runtime's limit without a limit would make a pod that
    Kubernetes refuses, and any model would silently be held to that limit.
    """
    resources = stated_resources(model)
    requests, limits = resources["requests"], resources["limits"]
    if (limit := runtime.limits.get("cpu")) and "cpu" not in limits:
        limits["cpu"] = max(requests.get("cpu", limit), limit, key=parse_quantity)
    return resources
