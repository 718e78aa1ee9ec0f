"""The steps in the output of ``pulumi preview --json``: what the engine intends to do with each resource.

A resource may have several: one that a refresh read, or that is imported, comes again with what happens to it then.
Some only say how a replacement is done; what is deleted without being replaced by this update was replaced by an
earlier one, which was cut off before it deleted the former copy.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlplatform.review.diff.property_changes import Differences
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.parse_resource import parse_resource
from mlplatform.review.state.property_values import SECRET_TEXT, secret
from mlplatform.review.state.state_file import file_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlplatform.review.diff.resource_diff import Op
    from mlplatform.review.state.resources import ResourceState

HOW = "it must be the whole output of 'pulumi preview --json'"

# Step of the engine -> what happens to the resource. Steps that only say how a replacement is done are left out; the
# logical ``replace`` is always there, too.
OPS: Mapping[str, Op] = {
    "same": "same", "create": "create", "update": "update", "delete": "delete", "replace": "replace",
    "read": "same", "read-replacement": "same", "refresh": "same", "discard": "delete", "import": "create",
    "import-replacement": "replace", "remove-pending-replace": "same",
}  # fmt: skip
_PHYSICAL = {"create-replacement", "delete-replaced", "discard-replaced"}
# Steps that begin what a later one for the same resource goes on with.
_FIRST = {"refresh", "import", "import-replacement"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        op: what happens to the resource.
        old: its state before, ``None`` where it is new.
        new: its state after, ``None`` where it goes.
        kinds: property path -> ``add``, ``update``, ``delete``, with ``-replace`` where it forces a replacement.
        replace_reasons: property paths that force a replacement.
        begins_with: ``refresh``, ``import`` or ``import-replacement`` of a step that another one goes on with.
        imported: whether it is taken over from what is there first.
        drift: where what a refresh found before this step differs from the state.

    """

    op: Op
    old: ResourceState | None
    new: ResourceState | None
    kinds: Mapping[str, str] = field(default_factory=dict)
    replace_reasons: tuple[str, ...] = ()
    begins_with: str | None = None
    imported: bool = False
    drift: tuple[str, ...] = ()

    @property
    def urn(self) -> str:
        """The resource's URN, the new one where it has one."""
        state = self.new or self.old
        return state.urn if state else ""


def read_steps(items: Sequence[Any], *, file: str) -> tuple[dict[str, Step], tuple[ResourceState, ...]]:
    """Return URN -> what happens to the resource in the end, and the former copies that are deleted besides.

    Args:
        items: the steps as they are written.
        file: name of the file, for errors.

    Raises:
        ProblemsError: something is no step, or does not fit another one.

    """
    steps: dict[str, Step] = {}
    replaced: dict[str, list[ResourceState]] = {}
    for index, item in enumerate(items):
        key = f"steps[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("op"), str):
            raise file_problem(file, key, f"is no step; {HOW}")
        if item["op"] in _PHYSICAL:
            _note_replaced(item, replaced)
            continue
        step = _step(item, file=file, key=key)
        first = steps.get(step.urn)
        if first is not None and first.begins_with is None:
            raise file_problem(file, key, f"a second step for '{printable(step.urn)}'; {HOW}")
        steps[step.urn] = _continued(first, step) if first else step
    copies = (copy for urn in sorted(replaced) for copy in _former_copies(replaced[urn], steps.get(urn)))
    return steps, tuple(copies)


def _note_replaced(item: Mapping[str, Any], replaced: dict[str, list[ResourceState]]) -> None:
    """Keep what is deleted because it was, or is, replaced."""
    if item["op"] == "delete-replaced" and isinstance(item.get("oldState"), dict):
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            resource = _resource(item["oldState"])
            if resource is not None:
                replaced.setdefault(resource.urn, []).append(resource)


def _former_copies(deleted: list[ResourceState], step: Step | None) -> list[ResourceState]:
    """Return what is deleted beyond the copy that this very update replaces, which comes last."""
    return deleted[:-1] if step and step.op == "replace" else deleted


def _continued(first: Step, step: Step) -> Step:
    """Return the last of several steps for one resource, with what the others tell."""
    drift = first.drift
    if first.begins_with == "refresh" and first.old and step.old:
        drift = (*drift, *_differences(first.old, step.old))
    return replace(step, imported=first.begins_with != "refresh", drift=tuple(dict.fromkeys(drift)))


def _differences(old: ResourceState, new: ResourceState) -> list[str]:
    """Return the paths at which two states of one resource differ: inputs, and what only its outputs tell."""
    paths = []
    for before, after in ((old.inputs, new.inputs), (old.outputs, new.outputs)):
        plain = [{key: value for key, value in side.items() if not key.startswith("__")} for side in (before, after)]
        differences = Differences(replaces=lambda _path, _value: False, settled=lambda _path: True)
        differences.compare(*plain)
        paths += [change.path for change in differences.changes]
    return sorted(set(paths))


def _step(item: Mapping[str, Any], *, file: str, key: str) -> Step:
    op = OPS.get(item["op"])
    if op is None:
        raise file_problem(file, f"{key}.op", f"is '{printable(item['op'])}', a step that this tool does not know")
    try:
        old, new = (_resource(item.get(side)) for side in ("oldState", "newState"))
        kinds = {str(path): str(diff["kind"]) for path, diff in (item.get("detailedDiff") or {}).items()}
        reasons = tuple(str(reason) for reason in item.get("replaceReasons") or ())
    except (AttributeError, KeyError, TypeError, ValueError):
        message = f"is no step: a state of the resource or a difference is missing or wrong; {HOW}"
        raise file_problem(file, key, message) from None
    old = None if op == "create" else old
    new = None if op == "delete" else new
    lacks_old = old is None and op != "create" and item["op"] != "read"
    step = Step(
        op=op,
        old=old,
        new=new,
        kinds=kinds,
        replace_reasons=reasons,
        begins_with=item["op"] if item["op"] in _FIRST else None,
        drift=tuple(_differences(old, new)) if item["op"] == "refresh" and old and new else (),
    )
    if lacks_old or (new is None and op != "delete") or item.get("urn") != step.urn:
        raise file_problem(file, key, f"has not the states before and after that '{op}' needs; {HOW}")
    return step


def _resource(item: Any) -> ResourceState | None:
    if item is None:
        return None
    resource = parse_resource(item)
    # Of a planned replacement, not of the state.
    return replace(
        resource,
        inputs=_with_secrets(dict(resource.inputs)),
        outputs=_with_secrets(dict(resource.outputs)),
        pending_replacement=False,
    )


def _with_secrets(value: Any) -> Any:
    """Give the engine's placeholder of a secret the form that a state gives it."""
    if isinstance(value, dict):
        return {key: _with_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item) for item in value]
    return secret() if value == SECRET_TEXT else value
