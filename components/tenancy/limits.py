"""Shares of the cluster: a team's quota and what its containers get. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels

if TYPE_CHECKING:
    from mlplatform.config.tenancy import ContainerLimitsSection


def resource_quota(namespace: str, quota: dict[str, str]) -> dict[str, Any]:
    """Return the ``ResourceQuota`` of a namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": namespace, "labels": labels()},
        "spec": {"hard": dict(sorted(quota.items()))},
    }


def limit_range(namespace: str, limits: ContainerLimitsSection) -> dict[str, Any]:
    """Return the ``LimitRange`` of a namespace: default requests and limits, and the largest limits, of a container.

    Without the defaults, a quota on limits would refuse every container that states none, those that the engines add
    among them. Without default requests their requests would be those limits: 1Gi for every queue-proxy.

    Source: https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    largest = {"cpu": limits.max_cpu, "memory": limits.max_memory}
    item: dict[str, Any] = {
        "type": "Container",
        "default": {"cpu": limits.default_cpu, "memory": limits.default_memory},
        "defaultRequest": {"cpu": limits.default_request_cpu, "memory": limits.default_request_memory},
        "max": {name: amount for name, amount in largest.items() if amount is not None},
    }
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "containers", "namespace": namespace, "labels": labels()},
        "spec": {"limits": [{key: value for key, value in item.items() if value}]},
    }
