"""Containers say what they need, so that the scheduler and the node know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import KUBERNETES_OBJECTS, NOT_OBJECTS, containers
from policies.rule import Rule

# A CPU limit is left to the workload: it keeps a server from using an idle core.
_REQUIRED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    for path, container in containers(args.props):
        missing = [f"{kind}.{name}" for kind, name in _REQUIRED if not _amount(container, kind, name)]
        if missing:
            yield f"{path}.resources lacks {', '.join(missing)}; set requests and the memory limit"


def _amount(container: Mapping[str, Any], kind: str, name: str) -> Any:
    amounts = (container.get("resources") or {}).get(kind)
    return amounts.get(name) if isinstance(amounts, Mapping) else None


RULE = Rule(
    name="container-resources-are-set",
    description="Every container requests CPU and memory and has a memory limit.",
    reason=(
        "Without requests the scheduler overfills nodes; without a memory limit one container takes its neighbours "
        "down."
    ),
    source="Kubernetes, Resource Management for Pods and Containers",
    url="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    fix="Set requests for CPU and memory, and the memory limit.",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.MANDATORY,
    resource_types=KUBERNETES_OBJECTS,
    excluded_types=NOT_OBJECTS,
    check=_check,
)
