"""The changed resources as text, in the form that users of ``pulumi preview`` know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.render.headline import headline
from mlplatform.review.render.line import Line
from mlplatform.review.state.display_values import one_line
from mlplatform.review.state.property_values import is_unknown
from mlplatform.review.state.urn import display_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlplatform.review.diff.property_changes import PropertyChange
    from mlplatform.review.diff.resource_diff import ResourceDiff

SYMBOLS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": " "}
STYLES = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", "same": "dim"}
# What a reviewer looks at first.
ORDER = ("delete", "replace", "update", "create", "same")
_NO_PARENT = ""
_SECRET = "secret, not compared"  # noqa: S105 - words
_UNSEEN = "[unknown] until the update, not compared"
_ASSUMED = "[unknown] until the update, taken as unchanged"
# Of what is only taken as unchanged; on AWS, nearly every resource has such a place.
_FEW = 10


def resource_tree(resources: Sequence[ResourceDiff]) -> Iterator[Line]:
    """Yield the changed resources under their parents, as the engine shows them: what stays the same is left out."""
    listed = _with_parents(resources)
    if not listed:
        yield Line("No changes.")
        return
    known = {resource.urn for resource in listed}
    children: dict[str, list[ResourceDiff]] = {}
    for resource in listed:
        parent = _parent(resource)
        children.setdefault(parent if parent in known else _NO_PARENT, []).append(resource)
    rows = [
        (SYMBOLS[r.op], prefix + display_type(r.type), r.name, _plan(r), headline(r), r.op)
        for prefix, r in _walk(children)
    ]
    type_width = max(len("Type"), *(len(row[1]) for row in rows))
    name_width = max(len("Name"), *(len(row[2]) for row in rows))
    plan_width = max(len("Plan"), *(len(row[3]) for row in rows))
    inputs = "Inputs" if any(row[4] for row in rows) else ""
    head = f"     {'Type':<{type_width}}  {'Name':<{name_width}}  {'Plan':<{plan_width}}  {inputs}"
    yield Line(head.rstrip(), "bold")
    for symbol, kind, name, plan, inputs_text, op in rows:
        text = f" {symbol:<2}  {kind:<{type_width}}  {name:<{name_width}}  {plan:<{plan_width}}  {inputs_text}"
        yield Line(text.rstrip(), STYLES[op])


def _plan(resource: ResourceDiff) -> str:
    if resource.op == "same":
        return ""
    # The engine would stop at the first such resource.
    if resource.pending:
        return f"{resource.op} (former copy)"
    return f"{resource.op} (refused: protected)" if resource.refused else resource.op


def _with_parents(resources: Sequence[ResourceDiff]) -> list[ResourceDiff]:
    # A former copy has the URN of what took its place, and nothing is below it.
    by_urn = {resource.urn: resource for resource in resources if not resource.pending}
    chosen: set[str] = set()
    for resource in resources:
        if resource.op == "same":
            continue
        current: ResourceDiff | None = by_urn.get(_parent(resource)) if resource.pending else resource
        while current is not None and current.urn not in chosen:
            chosen.add(current.urn)
            current = by_urn.get(_parent(current))
    return [resource for resource in resources if resource.pending or resource.urn in chosen]


def _parent(resource: ResourceDiff) -> str:
    state = resource.new or resource.old
    return (state.parent or _NO_PARENT) if state else _NO_PARENT


def _walk(children: dict[str, list[ResourceDiff]]) -> Iterator[tuple[str, ResourceDiff]]:
    def below(parent: str, indent: str) -> Iterator[tuple[str, ResourceDiff]]:
        siblings = children.get(parent, [])
        for position, resource in enumerate(siblings, start=1):
            last = position == len(siblings)
            yield indent + ("└─ " if last else "├─ "), resource
            if not resource.pending:
                yield from below(resource.urn, indent + ("   " if last else "│  "))

    for root in children.get(_NO_PARENT, []):
        yield "", root
        if not root.pending:
            yield from below(root.urn, "")


def property_changes(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    """Yield what differs of each changed resource, place by place."""
    changed = [resource for resource in resources if resource.op in {"update", "replace"}]
    if not changed:
        return
    yield Line("")
    yield Line("Changes:", "bold")
    for resource in changed:
        yield Line(f" {SYMBOLS[resource.op]:<2} {display_type(resource.type)} {resource.name}", STYLES[resource.op])
        yield from (Line(f"      {text}") for text in difference_lines(resource))


def difference_lines(resource: ResourceDiff) -> Iterator[str]:
    """Yield what differs of one resource, a text for each place."""
    for reason in resource.init_errors:
        yield f"goes on with what never became ready: {one_line(reason)}"
    changed_paths = {change.path for change in resource.changes}
    for reason in resource.replace_reasons:
        if reason not in changed_paths:
            yield f"replaced because of: {reason}"
    for change in resource.changes:
        yield _difference(change)


def _difference(change: PropertyChange) -> str:
    mark = {"add": "+", "delete": "-", "update": "~"}[change.kind]
    # Of what comes from a resource that is replaced.
    another = "another " if is_unknown(change.old) and is_unknown(change.new) else ""
    value = {
        "add": one_line(change.new),
        "delete": one_line(change.old),
        "update": f"{one_line(change.old)} => {another}{one_line(change.new)}",
    }[change.kind]
    forced = "  (forces replacement)" if change.replaces else ""
    return f"{mark} {change.path}: {value}{forced}"


def uncompared(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    """Yield what could not be compared and may have changed all the same; a line each, and few of what is sure."""
    listed = list(resources)
    secret = [(resource, path) for resource in listed for path in resource.uncompared]
    assumed = [(resource, path) for resource in listed for path in resource.assumed]
    unseen = [(resource, path) for resource in listed for path in resource.unseen]
    if not secret and not assumed and not unseen:
        return
    yield Line("")
    yield Line("Not compared:", "bold")
    for resource, path in unseen:
        yield Line(f"    {display_type(resource.type)} {resource.name} {path}: {_UNSEEN}", "yellow")
    for resource, path in secret:
        yield Line(f"    {display_type(resource.type)} {resource.name} {path}: {_SECRET}", "dim")
    for resource, path in assumed[:_FEW]:
        yield Line(f"    {display_type(resource.type)} {resource.name} {path}: {_ASSUMED}", "dim")
    if len(assumed) > _FEW:
        yield Line(f"    and {len(assumed) - _FEW} more places: {_ASSUMED}", "dim")


def uncompared_places(resource: ResourceDiff) -> Iterator[tuple[str, str]]:
    """Yield the places of a resource that could not be compared, and why."""
    for path in resource.unseen:
        yield path, _UNSEEN
    for path in resource.uncompared:
        yield path, _SECRET
    for path in resource.assumed:
        yield path, _ASSUMED
