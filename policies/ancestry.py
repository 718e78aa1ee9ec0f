"""The components above a resource, for rules that compare the two.

The SDK hands a rule one resource and the URN of its parent. Its other kind of policy, over a whole stack, comes too
late and sees something else: the engine asks it when an update is over, and hands it the outputs of resources, in which
a component has no inputs, and a Kubernetes object is what webhooks made of it. So a rule remembers what it was asked
about: a program has to register a parent before its children, and the engine asks about a resource when that is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_policy import ResourceValidationArgs


class Ancestry:
    """The resources that a rule was asked about in one run."""

    def __init__(self) -> None:
        self._resources: dict[str, tuple[str, Mapping[str, Any], str]] = {}

    def add(self, args: ResourceValidationArgs) -> None:
        """Remember a resource: its type, its inputs and its parent."""
        self._resources[args.urn] = (args.resource_type, args.props, _parent(args))

    def inputs_above(self, args: ResourceValidationArgs, component_type: str) -> Mapping[str, Any] | None:
        """Return the inputs of the nearest component of a type above a resource, ``None`` where there is none."""
        urn, passed = _parent(args), set[str]()
        while urn in self._resources and urn not in passed:
            passed.add(urn)
            resource_type, inputs, parent = self._resources[urn]
            if resource_type == component_type:
                return inputs
            urn = parent
        return None


def _parent(args: ResourceValidationArgs) -> str:
    return (args.opts.parent if args.opts else None) or ""
