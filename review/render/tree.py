"""The changed resources as text, in the form that users of ``pulumi preview`` know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.render.line import Line
from review.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review.changes import PropertyChange
    from review.diff import ResourceDiff

SYMBOLS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": " "}
STYLES = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", "same": "dim"}
# What a reviewer looks at first.
ORDER = ("delete", "replace", "update", "create", "same")
_NO_PARENT = ""


def resource_tree(resources: Sequence[ResourceDiff]) -> Iterator[Line]:
    """Yield the changed resources under their parents, as the engine shows them: what stays the same is left out."""
    shown = _with_parents(resources)
    if not shown:
        yield Line("No changes.")
        return
    known = {resource.urn for resource in shown}
    children: dict[str, list[ResourceDiff]] = {}
    for resource in shown:
        parent = _parent(resource)
        children.setdefault(parent if parent in known else _NO_PARENT, []).append(resource)
    rows = [(SYMBOLS[r.op], prefix + r.type, r.name, _plan(r), r.op) for prefix, r in _walk(children)]
    type_width = max(len("Type"), *(len(row[1]) for row in rows))
    name_width = max(len("Name"), *(len(row[2]) for row in rows))
    yield Line(f"     {'Type':<{type_width}}  {'Name':<{name_width}}  Plan", "bold")
    for symbol, kind, name, plan, op in rows:
        yield Line(f" {symbol:<2}  {kind:<{type_width}}  {name:<{name_width}}  {plan}".rstrip(), STYLES[op])


def _plan(resource: ResourceDiff) -> str:
    if resource.op == "same":
        return ""
    # The engine would stop at the first such resource.
    return f"{resource.op} (refused: protected)" if resource.refused else resource.op


def _with_parents(resources: Sequence[ResourceDiff]) -> list[ResourceDiff]:
    by_urn = {resource.urn: resource for resource in resources}
    wanted: set[str] = set()
    for resource in resources:
        if resource.op == "same":
            continue
        current: ResourceDiff | None = resource
        while current is not None and current.urn not in wanted:
            wanted.add(current.urn)
            current = by_urn.get(_parent(current))
    return [resource for resource in resources if resource.urn in wanted]


def _parent(resource: ResourceDiff) -> str:
    state = resource.new or resource.old
    return (state.parent or _NO_PARENT) if state else _NO_PARENT


def _walk(children: dict[str, list[ResourceDiff]]) -> Iterator[tuple[str, ResourceDiff]]:
    def below(parent: str, indent: str) -> Iterator[tuple[str, ResourceDiff]]:
        own = children.get(parent, [])
        for position, resource in enumerate(own, start=1):
            last = position == len(own)
            yield indent + ("└─ " if last else "├─ "), resource
            yield from below(resource.urn, indent + ("   " if last else "│  "))

    for root in children.get(_NO_PARENT, []):
        yield "", root
        yield from below(root.urn, "")


def property_changes(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    """Yield what differs of each changed resource, place by place."""
    changed = [resource for resource in resources if resource.op in {"update", "replace"}]
    if not changed:
        return
    yield Line("")
    yield Line("Changes:", "bold")
    for resource in changed:
        yield Line(f" {SYMBOLS[resource.op]:<2} {resource.type} {resource.name}", STYLES[resource.op])
        yield from (Line(f"      {text}") for text in difference_lines(resource))


def difference_lines(resource: ResourceDiff) -> Iterator[str]:
    """Yield what differs of one resource, a text for each place."""
    changed_paths = {change.path for change in resource.changes}
    for reason in resource.replace_reasons:
        if reason not in changed_paths:
            yield f"replaced because of: {reason}"
    for change in resource.changes:
        yield _difference(change)


def _difference(change: PropertyChange) -> str:
    mark = {"add": "+", "delete": "-", "update": "~"}[change.kind]
    value = {
        "add": one_line(change.new),
        "delete": one_line(change.old),
        "update": f"{one_line(change.old)} => {one_line(change.new)}",
    }[change.kind]
    forced = "  (forces replacement)" if change.replaces else ""
    return f"{mark} {change.path}: {value}{forced}"


def uncompared(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    """Yield what could not be compared and may have changed all the same."""
    found = [(resource, *item) for resource in resources for item in uncompared_places(resource)]
    if not found:
        return
    yield Line("")
    yield Line("Not compared:", "bold")
    for resource, path, why in found:
        yield Line(f"    {resource.type} {resource.name} {path}: {why}", "dim")


def uncompared_places(resource: ResourceDiff) -> Iterator[tuple[str, str]]:
    """Yield the places of a resource that could not be compared, and why."""
    for path in resource.uncompared:
        yield path, "secret, not compared"
    for path in resource.assumed:
        yield path, "[unknown] until the update, taken as unchanged"
