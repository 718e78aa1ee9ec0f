"""Former names of a resource: which URNs of an older state may be this resource.

Restates ``generateAliases`` of the engine's step generator (pulumi/pulumi, ``pkg/resource/deploy/step_generator.go``).
The engine knows the old state and lets a child inherit the one alias its parent was found by; here all aliases of the
parent are multiplied out, and the comparison picks the one that is in the old state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.review.state.urn import STACK_TYPE, Urn, make_urn, parse_urn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class AliasSpec:
    """One alias of a program: a whole ``urn``, or the parts that were different."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a resource is called now: its type, name, parent's URN (``""`` for none), stack and project."""

    type: str
    name: str
    parent: str
    stack: str
    project: str


def alias_urns(resource: Named, specs: Sequence[AliasSpec], known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the former URNs of a resource, the program's own first.

    Args:
        resource: the resource as it is called now.
        specs: the aliases that the program gives.
        known: URN -> former URNs of the resources registered so far.

    """
    inherited = known.get(resource.parent, ()) if resource.parent else ()
    urns: dict[str, None] = {}
    specified = [urn for spec in specs for urn in _collapse(resource, spec, known)]
    urns.update(dict.fromkeys(specified))
    parent_name = parse_urn(resource.parent).name if resource.parent else ""
    for parent_alias in inherited:
        former = [(resource.type, resource.name), *((parse_urn(urn).type, parse_urn(urn).name) for urn in specified)]
        urns.update(dict.fromkeys(_inherit(resource, former, parent_name, parent_alias)))
    urns.pop(make_urn(resource.stack, resource.project, resource.parent, resource.type, resource.name), None)
    return tuple(urns)


def _collapse(resource: Named, spec: AliasSpec, known: Mapping[str, Sequence[str]]) -> Iterable[str]:
    if spec.urn:
        yield spec.urn
        return
    parents = [resource.parent] if not spec.parent else [*known.get(spec.parent, ()), spec.parent]
    for parent in parents:
        is_root = not parent or spec.no_parent or parse_urn(parent).qualified_type == STACK_TYPE
        yield make_urn(
            spec.stack or resource.stack,
            spec.project or resource.project,
            "" if is_root else parent,
            spec.type or resource.type,
            spec.name or resource.name,
        )


def _inherit(resource: Named, former: Iterable[tuple[str, str]], parent_name: str, parent_alias: str) -> Iterable[str]:
    """Yield the URNs under a parent's former name; a name that began with the parent's begins with the former one."""
    chain = parse_urn(parent_alias)
    for type_, name in former:
        former_name = chain.name + name.removeprefix(parent_name) if name.startswith(parent_name) else name
        yield str(Urn(resource.stack, resource.project, f"{chain.qualified_type}${type_}", former_name))
