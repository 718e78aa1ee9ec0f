"""The order in which the engine may create and delete a stack's resources, from nothing but what the state records."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlplatform.review.state.resources import ResourceState, StackState


def requirements(resource: ResourceState) -> set[str]:
    """Return the URNs that must be there first: parent, provider, dependencies of the resource and of its inputs."""
    provider = {resource.provider.rpartition("::")[0]} if resource.provider else set()
    parent = {resource.parent} if resource.parent else set()
    values = {urn for urns in resource.property_dependencies.values() for urn in urns}
    return {*resource.dependencies, *values, *provider, *parent}


def worst_creation_order(state: StackState) -> list[ResourceState]:
    """Return an order that the recorded dependencies allow and that is as far from the program's as they let it be.

    Among the resources that may come next, the one that the program registered last comes first: an order that only
    works because of where a line stands in the program does not survive this.
    """
    position = {resource.urn: index for index, resource in enumerate(state.resources)}
    sorter = TopologicalSorter({resource.urn: requirements(resource) for resource in state.resources})
    sorter.prepare()
    ready: list[str] = []
    order: list[ResourceState] = []
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=position.__getitem__)
        urn = ready.pop()
        order.append(state.by_urn[urn])
        sorter.done(urn)
    return order


def everything_before(state: StackState, urn: str) -> set[str]:
    """Return the URNs that the engine creates before a resource and deletes after it."""
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        for required in requirements(state.by_urn[waiting.pop()]):
            if required not in found:
                found.add(required)
                waiting.append(required)
    return found
