"""Most of a stack's models go only where somebody says so: an outage that is read as "no models" retires all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, Severity

from policies.objects import items
from policies.rule import Rule
from policies.served import MODEL_DEPLOYMENT, MODEL_DEPLOYMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.rule import Resources

_SHOWN = 8


def _check(before: Resources, after: Resources) -> Iterator[str]:
    served = _names(before)
    retired = sorted(served - _names(after))
    unsaid = [name for name in retired if name not in _consent(after)]
    if len(retired) * 2 > len(served) and unsaid:
        few = ", ".join(unsaid[:_SHOWN]) + (f" and {len(unsaid) - _SHOWN} more" if len(unsaid) > _SHOWN else "")
        share = "every model" if len(retired) == len(served) else f"{len(retired)} of {len(served)} models"
        yield f"retires {share} of the stack; where that is meant, name them in retiredModels: {few}"


def _names(resources: Resources) -> set[str]:
    return {name for kind, name, _ in resources if kind == MODEL_DEPLOYMENT}


def _consent(resources: Resources) -> set[str]:
    stacks = (inputs for kind, _, inputs in resources if kind == MODEL_DEPLOYMENTS)
    return {str(name) for inputs in stacks for name in items(inputs.get("retiredModels"))}


RULE = Rule(
    name="models-are-retired-with-consent",
    description="Every model of a stack, or more than half of them, goes only where the configuration names them.",
    reason="Who takes the models out to get past an error takes them away from everybody who calls them.",
    source="decision record 14",
    fix="Put the models back, or name those that are to go in mlplatform:retiredModels.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=(MODEL_DEPLOYMENT, MODEL_DEPLOYMENTS),
    check_change=_check,
)
