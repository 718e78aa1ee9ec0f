"""One stable order of a stack's resources.

The engine lists resources in the order in which they were registered, and that depends on threads. Here each resource
comes after everything it needs; among those that could come next, the stack is first, then providers, then by URN.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from mlplatform.review.state.urn import STACK_TYPE, is_provider, provider_urn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.review.state.resources import ResourceState


def ordered(resources: Iterable[ResourceState]) -> tuple[ResourceState, ...]:
    """Return the resources with parents, providers and dependencies before those that need them."""
    by_urn = {resource.urn: resource for resource in resources}
    needs = {urn: _needs(resource) & by_urn.keys() - {urn} for urn, resource in by_urn.items()}
    needed_by: dict[str, list[str]] = {}
    for urn, others in needs.items():
        for other in others:
            needed_by.setdefault(other, []).append(urn)
    missing = {urn: len(others) for urn, others in needs.items()}
    ready = [_key(resource) for urn, resource in by_urn.items() if not missing[urn]]
    heapq.heapify(ready)
    placed: dict[str, ResourceState] = {}
    while ready:
        urn = heapq.heappop(ready)[1]
        placed[urn] = by_urn[urn]
        for other in needed_by.get(urn, ()):
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, _key(by_urn[other]))
    # Nothing should be left: the SDK refuses circles. Losing a resource would be worse than an odd order.
    rest = sorted((resource for urn, resource in by_urn.items() if urn not in placed), key=_key)
    return (*placed.values(), *rest)


def _needs(resource: ResourceState) -> set[str]:
    needs = set(resource.dependencies)
    for urns in resource.property_dependencies.values():
        needs.update(urns)
    needs.update(urn for urn in (resource.parent, resource.deleted_with) if urn)
    if resource.provider:
        needs.add(provider_urn(resource.provider))
    return needs


def _key(resource: ResourceState) -> tuple[int, str]:
    rank = 0 if resource.type == STACK_TYPE else 1 if is_provider(resource.type) else 2
    return rank, resource.urn
