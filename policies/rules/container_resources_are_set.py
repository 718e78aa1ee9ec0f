"""Containers say what they need, so that the scheduler and the node know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from .objects import containers, is_kubernetes_object

# A CPU limit is left to the workload: it keeps a server from using an idle core.
_REQUIRED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_kubernetes_object(args.resource_type):
        return
    for path, container in containers(args.props):
        missing = [f"{kind}.{name}" for kind, name in _REQUIRED if not _amount(container, kind, name)]
        if missing:
            report_violation(f"{path}.resources lacks {', '.join(missing)}; set requests and the memory limit", None)


def _amount(container: Mapping[str, Any], kind: str, name: str) -> Any:
    amounts = (container.get("resources") or {}).get(kind)
    return amounts.get(name) if isinstance(amounts, Mapping) else None


container_resources_are_set = ResourceValidationPolicy(
    name="container-resources-are-set",
    description="Every container requests CPU and memory and has a memory limit.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
