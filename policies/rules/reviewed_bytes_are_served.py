"""What was reviewed is what the object of the serving engine says: its facts lie in the component above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import KUBERNETES_OBJECTS, NOT_OBJECTS
from policies.rule import Rule
from policies.served import MODEL_DEPLOYMENT, ignored, ignored_addresses, served_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.ancestry import Ancestry


def _check(args: ResourceValidationArgs, ancestry: Ancestry) -> Iterator[str]:
    facts = ancestry.inputs_above(args, MODEL_DEPLOYMENT)
    if facts is not None:
        yield from ignored_addresses(ignored(args.opts), args.props)
        yield from served_faults(facts, args.resource_type, args.props)


RULE = Rule(
    name="reviewed-bytes-are-served",
    description="The object that serves a model names the bytes and the model server of its facts, and no others.",
    reason="Reports show the facts; an object that says something else serves what nobody has reviewed.",
    source="decision record 3",
    fix="Find out who changes the object (a transform, an edited state), and take that out.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=KUBERNETES_OBJECTS,
    excluded_types=NOT_OBJECTS,
    check_below=_check,
)
