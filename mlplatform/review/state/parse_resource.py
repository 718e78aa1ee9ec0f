"""Resources in the engine's form (``ResourceV3``) as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.credentials import redacted_text
from mlplatform.review.state.property_values import clean, state_properties
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.review.state.urn import STACK_TYPE, parse_urn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def state_of(resources: Sequence[ResourceState]) -> StackState:
    """Return the state of these resources, under the names that its stack's URN says."""
    first = next(
        (resource.urn for resource in resources if resource.type == STACK_TYPE), resources[0].urn if resources else None
    )
    urn = parse_urn(first) if first else None
    return StackState(stack=urn.stack if urn else "", project=urn.project if urn else "", resources=tuple(resources))


def parse_resource(item: Mapping[str, Any]) -> ResourceState:
    """Return one resource of the engine's form (``ResourceV3``), secrets without their value.

    Raises:
        AttributeError: the item is no object.
        KeyError: the URN or the type is missing.
        TypeError: a field has another type.
        ValueError: the URN is none.

    """
    parse_urn(item["urn"])
    before = item.get("deleteBeforeReplace")
    return ResourceState(
        urn=item["urn"],
        type=str(item["type"]),
        custom=bool(item.get("custom")),
        external=bool(item.get("external")),
        id=item.get("id") or None,
        parent=item.get("parent") or None,
        provider=item.get("provider") or None,
        dependencies=tuple(sorted(_texts(item, "dependencies"))),
        property_dependencies={
            key: tuple(sorted(urns or [])) for key, urns in (item.get("propertyDependencies") or {}).items()
        },
        inputs=_properties(item, "inputs"),
        outputs=_properties(item, "outputs"),
        protect=bool(item.get("protect")),
        retain_on_delete=bool(item.get("retainOnDelete")),
        delete_before_replace=None if before is None else bool(before),
        aliases=_texts(item, "aliases"),
        ignore_changes=_texts(item, "ignoreChanges"),
        replace_on_changes=_texts(item, "replaceOnChanges"),
        additional_secret_outputs=_texts(item, "additionalSecretOutputs"),
        custom_timeouts={key: clean(value) for key, value in (item.get("customTimeouts") or {}).items() if value},
        deleted_with=item.get("deletedWith") or None,
        replace_with=_texts(item, "replaceWith"),
        import_id=item.get("importID") or None,
        pending_replacement=bool(item.get("pendingReplacement")),
        init_errors=tuple(map(redacted_text, _texts(item, "initErrors"))),
    )


def _texts(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = item.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(key)
    return tuple(values)


def _properties(item: Mapping[str, Any], key: str) -> dict[str, Any]:
    values = item.get(key) or {}
    if not isinstance(values, dict):
        raise TypeError(key)
    return state_properties(str(item["type"]), values)
