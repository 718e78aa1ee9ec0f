"""The differences as the engine plans them, where its preview says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlplatform.review.diff.property_changes import PropertyChange
from mlplatform.review.state.property_paths import covers, parse_path
from mlplatform.review.state.property_values import secret

if TYPE_CHECKING:
    from mlplatform.review.diff.engine_preview import EnginePreview
    from mlplatform.review.diff.preview_steps import Step
    from mlplatform.review.diff.resource_diff import ResourceDiff


def settled(resources: tuple[ResourceDiff, ...], preview: EnginePreview) -> tuple[ResourceDiff, ...]:
    """Return the differences as the engine plans them: it sees secrets, and asked the providers."""
    steps = {step.urn: step for step in preview.steps}
    return tuple(
        resource
        if resource.pending
        else _settled(resource, steps[resource.urn])
        if resource.urn in steps
        else replace(resource, op="same", changes=(), replace_reasons=())
        for resource in resources
    )


def _settled(resource: ResourceDiff, step: Step) -> ResourceDiff:
    if step.op in {"same", "create", "delete"}:
        return replace(resource, op=step.op, changes=(), uncompared=(), assumed=(), unseen=(), replace_reasons=())
    changes = {change.path: change for change in resource.changes}
    for path, kind in step.kinds.items():
        if path in changes:
            changes[path] = replace(changes[path], replaces=kind.endswith("-replace"))
        elif not any(_related(path, other) for other in changes):
            changes[path] = _unseen(path, kind)
    hidden = (path for path in resource.uncompared if not any(_related(path, changed) for changed in changes))
    return replace(
        resource,
        op=step.op,
        changes=tuple(changes[path] for path in sorted(changes)),
        # The engine compared what nobody else can.
        uncompared=tuple(hidden) if not step.kinds else (),
        assumed=(),
        unseen=(),
        replace_reasons=step.replace_reasons if step.op == "replace" else (),
    )


def _unseen(path: str, kind: str) -> PropertyChange:
    """Return a change that only the engine could see: of a secret, or of what a provider reads."""
    short = kind.removesuffix("-replace")
    sides = {"add": (None, secret()), "delete": (secret(), None)}.get(short, (secret(), secret()))
    return PropertyChange(
        path=path,
        old=sides[0],
        new=sides[1],
        kind="add" if short == "add" else "delete" if short == "delete" else "update",
        replaces=kind.endswith("-replace"),
    )


def _related(one: str, other: str) -> bool:
    """Whether one path is the other, or above or below it."""
    try:
        paths = parse_path(one), parse_path(other)
    except ValueError:
        return one == other
    return covers(*paths) or covers(*reversed(paths))
