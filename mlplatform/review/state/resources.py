"""A stack's resources as plain, frozen data: what the engine's state holds of them (apitype.ResourceV3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from mlplatform.review.state.property_values import RESOURCE_REFERENCE, redact, signature
from mlplatform.review.state.urn import STACK_TYPE, parse_urn, rebase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, kw_only=True)
class ResourceState:
    """One resource.

    Attributes:
        urn: unique name inside all stacks.
        type: type token, ``kubernetes:apps/v1:Deployment``.
        custom: whether a provider manages it; components are not custom.
        external: whether it was only read (``Resource.get``, a stack reference).
        id: the provider's id, ``None`` for components and where it is not known before the update.
        parent: URN of the parent, ``None`` for the stack and default providers.
        provider: ``<provider urn>::<provider id>``, ``None`` for components and providers.
        dependencies: URNs it depends on, sorted.
        property_dependencies: input -> URNs its value depends on, sorted.
        inputs: what the program gave, cleaned (:func:`mlplatform.review.state.property_values.clean`).
        outputs: a component's outputs, or what an export knows of a managed resource.
        protect: the engine refuses to delete or replace it.
        retain_on_delete: the engine forgets it instead of deleting it.
        delete_before_replace: the program's wish, ``None`` for the provider's choice. No field of the engine's state.
        aliases: former URNs; in an export only the one it was last found by.
        ignore_changes: property paths whose changes are ignored.
        replace_on_changes: property paths whose changes replace the resource.
        additional_secret_outputs: outputs that are secret beside those the provider marks.
        custom_timeouts: ``create``, ``update``, ``delete``, ``read`` in seconds.
        deleted_with: URN of the resource whose deletion deletes this one too.
        replace_with: URNs of resources whose replacement replaces this one.
        import_id: id of an existing object that the program adopts.
        pending_replacement: deleted for a replacement that has not happened yet.
        init_errors: why it never became ready after it was made or changed; the engine goes on with it by an update.

    """

    urn: str
    type: str
    custom: bool
    external: bool = False
    id: str | None = None
    parent: str | None = None
    provider: str | None = None
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    deleted_with: str | None = None
    replace_with: tuple[str, ...] = ()
    import_id: str | None = None
    pending_replacement: bool = False
    init_errors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The logical name, the last part of the URN."""
        return parse_urn(self.urn).name


@dataclass(frozen=True, kw_only=True)
class PendingOperation:
    """An operation that an update began and nobody saw end.

    Attributes:
        kind: ``creating``, ``updating``, ``deleting``, ``reading`` or ``importing``.
        urn: of the resource.

    """

    kind: str
    urn: str


@dataclass(frozen=True, kw_only=True)
class StackState:
    """All resources of a stack, the stack itself first and parents before children.

    Attributes:
        stack: name of the stack, ``""`` for a stack that has no resources yet.
        project: name of the project, ``""`` likewise.
        resources: without those that only wait for their deletion.
        pending_deletes: those: former copies that the next update deletes, whatever the program says.
        pending_operations: what an update began and nobody saw end.
        deployed: whether an engine wrote it; a state of our own is a plan, of which nothing need be there.

    """

    stack: str
    project: str
    resources: tuple[ResourceState, ...]
    pending_deletes: tuple[ResourceState, ...] = ()
    pending_operations: tuple[PendingOperation, ...] = ()
    deployed: bool = True

    @cached_property
    def by_urn(self) -> Mapping[str, ResourceState]:
        """URN -> resource."""
        return {resource.urn: resource for resource in self.resources}

    def resource(self, urn: str) -> ResourceState | None:
        """Return the resource of that URN, ``None`` where there is none."""
        return self.by_urn.get(urn)

    @property
    def root(self) -> ResourceState | None:
        """The stack resource, whose outputs are the stack's."""
        return next((resource for resource in self.resources if resource.type == STACK_TYPE), None)


def policy_properties(resource: ResourceState) -> dict[str, Any]:
    """Return the inputs as a policy may judge them: each secret is the text ``[secret]``, unknowns stay unknown.

    The engine hands policies the plain values; offline they never leave the program's process. Some engines keep no
    inputs of components: then what a component told of itself, its outputs, is all there is.
    """
    properties = resource.inputs if resource.custom or resource.inputs else resource.outputs
    return {key: redact(value) for key, value in properties.items()}


def renamed(state: StackState, *, stack: str, project: str) -> StackState:
    """Return the same resources under another stack's and project's name, to compare one stack with another."""
    old, new = (state.stack, state.project), (stack, project)
    if not state.stack or old == new:
        return state

    def move(text: str) -> str:
        return rebase(text, old, new)

    return replace(
        state,
        stack=stack,
        project=project,
        resources=tuple(_moved(resource, move) for resource in state.resources),
        pending_deletes=tuple(_moved(resource, move) for resource in state.pending_deletes),
        pending_operations=tuple(replace(item, urn=move(item.urn)) for item in state.pending_operations),
    )


def _moved(resource: ResourceState, move: Callable[[str], str]) -> ResourceState:
    return replace(
        resource,
        urn=move(resource.urn),
        parent=move(resource.parent) if resource.parent else None,
        provider=move(resource.provider) if resource.provider else None,
        dependencies=tuple(sorted(map(move, resource.dependencies))),
        property_dependencies={
            key: tuple(sorted(map(move, urns))) for key, urns in resource.property_dependencies.items()
        },
        aliases=tuple(map(move, resource.aliases)),
        deleted_with=move(resource.deleted_with) if resource.deleted_with else None,
        replace_with=tuple(map(move, resource.replace_with)),
        inputs=_moved_references(dict(resource.inputs), move),
        outputs=_moved_references(dict(resource.outputs), move),
    )


def _moved_references(value: Any, move: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        items = {key: _moved_references(item, move) for key, item in value.items()}
        return {**items, "urn": move(str(items.get("urn")))} if signature(value) == RESOURCE_REFERENCE else items
    return [_moved_references(item, move) for item in value] if isinstance(value, list) else value


class Desired(Protocol):
    """What is known of the desired state, as far as the program has come."""

    def resource(self, urn: str) -> ResourceState | None:
        """Return the resource of that URN, ``None`` where there is none yet."""
