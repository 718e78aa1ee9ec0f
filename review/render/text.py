"""The report as text, in the form that users of ``pulumi preview`` know, plus a table of models. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from review.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review.diff import ResourceDiff
    from review.policy import Verdict
    from review.report import ModelChange, Report

_SYMBOLS = {"create": "+", "update": "~", "replace": "+-", "delete": "-", "same": " "}
_STYLES = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", "same": "dim"}
_NO_PARENT = ""


@dataclass(frozen=True)
class Line:
    """One line of output and the style it has on a terminal."""

    text: str
    style: str = ""


def render(report: Report) -> Iterator[Line]:
    """Yield the report's lines."""
    yield Line(f"Previewing update ({report.stack})", "bold")
    if report.errors and not report.resources:
        yield from _errors(report, "nothing was planned")
        return
    yield Line("")
    yield from _tree(report.resources)
    yield from _property_changes(report.resources)
    yield from _uncompared(report.resources)
    yield from _models(report.models)
    yield from _policies(report.policies)
    yield from _counts(report.resources)
    if report.errors:
        yield from _errors(report, "the update would be refused")


def render_verdicts(report: Report) -> Iterator[Line]:
    """Yield the lines of a report of which only the policies are wanted."""
    yield Line(f"Checking policies ({report.stack})", "bold")
    yield from _errors(report, "nothing was planned") if report.errors else _policies(report.policies)


def _errors(report: Report, outcome: str) -> Iterator[Line]:
    yield Line("")
    for problem in report.errors:
        yield Line(f"error: {problem}", "red")
    count = len(report.errors)
    yield Line("")
    yield Line(f"{count} error{'s' if count > 1 else ''}; {outcome}.", "bold red")


def _tree(resources: Sequence[ResourceDiff]) -> Iterator[Line]:
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
    rows = [(_SYMBOLS[r.op], prefix + r.type, r.name, _plan(r), r.op) for prefix, r in _walk(children)]
    type_width = max(len("Type"), *(len(row[1]) for row in rows))
    name_width = max(len("Name"), *(len(row[2]) for row in rows))
    yield Line(f"     {'Type':<{type_width}}  {'Name':<{name_width}}  Plan", "bold")
    for symbol, kind, name, plan, op in rows:
        yield Line(f" {symbol:<2}  {kind:<{type_width}}  {name:<{name_width}}  {plan}".rstrip(), _STYLES[op])


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


def _property_changes(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    changed = [resource for resource in resources if resource.op in {"update", "replace"}]
    if not changed:
        return
    yield Line("")
    yield Line("Changes:", "bold")
    for resource in changed:
        yield Line(f" {_SYMBOLS[resource.op]:<2} {resource.type} {resource.name}", _STYLES[resource.op])
        changed_paths = {change.path for change in resource.changes}
        for reason in resource.replace_reasons:
            if reason not in changed_paths:
                yield Line(f"      replaced because of: {reason}")
        for change in resource.changes:
            mark = {"add": "+", "delete": "-", "update": "~"}[change.kind]
            value = {
                "add": one_line(change.new),
                "delete": one_line(change.old),
                "update": f"{one_line(change.old)} => {one_line(change.new)}",
            }[change.kind]
            forced = "  (forces replacement)" if change.replaces else ""
            yield Line(f"      {mark} {change.path}: {value}{forced}")


def _uncompared(resources: Iterable[ResourceDiff]) -> Iterator[Line]:
    """Yield what could not be compared and may have changed all the same."""
    found = [(resource, path, "secret, not compared") for resource in resources for path in resource.uncompared]
    found += [
        (resource, path, "[unknown] until the update, taken as unchanged")
        for resource in resources
        for path in resource.assumed
    ]
    if not found:
        return
    yield Line("")
    yield Line("Not compared:", "bold")
    for resource, path, why in found:
        yield Line(f"    {resource.type} {resource.name} {path}: {why}", "dim")


def _models(models: Sequence[ModelChange]) -> Iterator[Line]:
    if not models:
        return
    header = ("Name", "Model", "Alias", "Version", "From -> to", "Serving", "Runtime", "Namespace")
    rows = [
        (
            model.name,
            model.registered_model or "-",
            model.alias or "-",
            model.version or "-",
            _step(model),
            model.serving or "-",
            model.runtime or "-",
            model.namespace or "-",
        )
        for model in models
    ]
    yield Line("")
    yield Line("Models:", "bold")
    moved = [_step(model) != "unchanged" for model in models]
    for index, text in enumerate(_columns([header, *rows])):
        style = "bold" if index == 0 else ("yellow" if moved[index - 1] else "")
        yield Line(f"    {text}", style)


def _step(model: ModelChange) -> str:
    if model.previous_version is None:
        return f"new -> {model.version}"
    if model.version is None:
        return f"{model.previous_version} -> removed"
    if model.previous_model not in {None, model.registered_model}:
        return f"{model.previous_model} {model.previous_version} -> {model.registered_model} {model.version}"
    if model.version == model.previous_version:
        return "unchanged"
    return f"{model.previous_version} -> {model.version}"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _policies(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    if not verdicts:
        return
    yield Line("")
    yield Line("Policies:", "bold")
    for policy, group in groupby(verdicts, key=lambda verdict: verdict.policy):
        found = list(group)
        if found[0].outcome == "passed":
            yield Line(f"    passed     {policy}", "green")
            continue
        for verdict in found:
            name = verdict.urn.rpartition("::")[2] if verdict.urn else ""
            style = "yellow" if verdict.outcome == "undecided" or verdict.level == "advisory" else "red"
            yield Line(f"    {verdict.outcome:<9}  {policy} ({verdict.level}) {name}: {verdict.message}", style)


def _counts(resources: Sequence[ResourceDiff]) -> Iterator[Line]:
    yield Line("")
    yield Line("Resources:", "bold")
    words = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}
    for op, word in words.items():
        count = sum(resource.op == op for resource in resources)
        if count:
            yield Line(f"    {_SYMBOLS[op]:<2} {count} {word}", _STYLES[op])
    same = sum(resource.op == "same" for resource in resources)
    if same or not resources:
        yield Line(f"    {same} unchanged")
