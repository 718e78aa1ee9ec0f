"""Which two states are compared: of an offline state, an engine's export and an engine's preview, any two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mlplatform.review.diff.engine_preview import EnginePreview, is_preview, parse_preview
from mlplatform.review.diff.preview_steps import HOW
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.order import ordered
from mlplatform.review.state.resources import StackState
from mlplatform.review.state.state_file import file_problem, parse_document, read_document
from mlplatform.review.state.urn import is_default_provider

if TYPE_CHECKING:
    from pathlib import Path


Input = StackState | EnginePreview
# A state of an engine; the recorded first preview, or another one that is given as what is known; a plan that somebody
# compares with another one; or nothing.
ComparedWith = Literal["deployed", "preview", "plan", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The states to compare, and what an engine said of the way from one to the other.

    Attributes:
        old: the state to come from, ``None`` when there is none.
        new: the state to go to.
        preview: the engine's preview that the new state was read from, ``None`` where no engine was asked.
        settled: whether that preview is of exactly this way, so that its word on what happens is final.
        unlisted: how many more resources stay the same, of which neither state knows.
        between_plans: whether somebody asked for the way from one plan to another, rather than for what an update does.

    """

    old: StackState | None
    new: StackState
    preview: EnginePreview | None = None
    settled: bool = False
    unlisted: int = 0
    between_plans: bool = False

    @property
    def compared_with(self) -> ComparedWith:
        """What kind of state it comes from."""
        if self.old is None or (not self.old.resources and not self.unlisted):
            return "nothing"
        if self.old.deployed:
            return "deployed"
        return "plan" if self.between_plans else "preview"


def read_input(path: Path) -> Input:
    """Read a ``pulumi stack export``, a ``stack.json`` of ours, or the output of ``pulumi preview --json``.

    Raises:
        ProblemsError: the file is missing, cut off, or something else.

    """
    data = read_document(path)
    return parse_preview(data, file=str(path)) if is_preview(data) else parse_document(data, file=str(path))


def known_state(source: Input) -> StackState:
    """Return the whole state that a file stands for: of a preview, the planned one.

    Raises:
        ProblemsError: the preview does not list what stays the same, so that the state cannot be known.

    """
    if isinstance(source, StackState):
        return source
    if source.unlisted:
        message = (
            f"does not list what stays the same (resources: {source.unlisted}), so that nothing can be compared with "
            "it; make it with pulumi preview --json --show-sames, or give a pulumi stack export"
        )
        raise file_problem(source.file, "steps", message)
    return source.after


def plan_between(old: Input, new: Input | None = None) -> Plan:
    """Return what to compare.

    Args:
        old: the state to come from; or a preview alone, which tells what was before and what would be after.
        new: the state to go to. What a preview does not mention stays as it is in ``old``.

    Raises:
        ProblemsError: a preview was made against another state than ``old``, or lists too little; or there is only one
            state.

    """
    if new is None:
        if isinstance(old, StackState):
            raise file_problem("NEW", "", f"is missing; only of a preview both sides are known: {HOW}")
        return Plan(old=old.before, new=old.after, preview=old, settled=True, unlisted=old.unlisted)
    before = known_state(old)
    if isinstance(new, StackState):
        before = before if isinstance(old, StackState) else _with_default_providers(before, new)
        return Plan(old=before, new=new, between_plans=True)
    contradiction = _contradiction(before, new)
    if not contradiction:
        return Plan(old=before, new=_merged(before, new), preview=new, settled=True, between_plans=True)
    if not new.unlisted:
        # It is whole: the states can be compared, whatever the engine compared it with.
        after = _with_default_providers(new.after, before)
        return Plan(old=before, new=after, preview=new, between_plans=True)
    message = (
        f"was made against another state than the one to come from: {contradiction}; export the stack and make the "
        "preview at the same time, or give the preview alone"
    )
    raise file_problem(new.file, "steps", message)


def _contradiction(before: StackState, preview: EnginePreview) -> str:
    """Return why the preview cannot have been made against the state, ``""`` where nothing speaks against it."""
    if (before.stack, before.project) != (preview.stack, preview.project):
        return f"that one is of stack '{printable(before.stack)}', the preview of '{printable(preview.stack)}'"
    for step in preview.steps:
        known = before.resource(step.old.urn if step.old else step.urn)
        name = printable(step.urn)
        if step.old is None and known is not None and step.op == "create" and not known.external:
            return f"it creates '{name}', which is already there"
        if step.old is not None and known is None and not step.imported:
            return f"it would {step.op} '{name}', which is not there"
        if known and step.old and not known.custom and known.inputs and known.inputs != step.old.inputs:
            return f"'{name}' was different"
    listed = {step.old.urn for step in preview.steps if step.old}
    others = sum(not is_default_provider(urn) for urn in before.by_urn.keys() - listed)
    if others != preview.unlisted:
        return f"the number of other resources that stay as they are is {others}, not {preview.unlisted}"
    return ""


def _merged(before: StackState, preview: EnginePreview) -> StackState:
    gone = {step.old.urn for step in preview.steps if step.old}
    planned = preview.after
    kept = tuple(resource for resource in before.resources if resource.urn not in gone | planned.by_urn.keys())
    return replace(planned, resources=ordered((*kept, *planned.resources)))


def _with_default_providers(planned: StackState, other: StackState) -> StackState:
    """Return a preview's state with the default providers of another one, where the stack is the same.

    The engine neither lists nor counts them (``pkg/engine/update.go``, isDefaultProviderStep).
    """
    planned_urns = planned.by_urn
    missing = (
        resource
        for resource in other.resources
        if is_default_provider(resource.urn) and resource.urn not in planned_urns
    )
    if (planned.stack, planned.project) != (other.stack, other.project):
        return planned
    return replace(planned, resources=ordered((*planned.resources, *missing)))
