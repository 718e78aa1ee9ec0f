"""The resources of a report as markdown: what happens to each, what differs, what could not be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.render.budget import Piece, Section, piece
from mlplatform.review.render.escape import clipped, code, prose
from mlplatform.review.render.headline import headline
from mlplatform.review.render.section_priority import Weight
from mlplatform.review.render.tree import ORDER, difference_lines, uncompared_places
from mlplatform.review.render.words import counted
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.urn import display_type

if TYPE_CHECKING:
    from mlplatform.review.diff.resource_diff import ResourceDiff
    from mlplatform.review.report import Report

_LINES = 12
_LINE = 400


def named(resource: ResourceDiff) -> str:
    """Return a resource's name and type."""
    return f"{code(resource.name)} {code(display_type(resource.type))}"


def resources(report: Report) -> Section:
    """Return how many resources change, and folded which: what is deleted or replaced first."""
    infrastructure = {resource.urn for resource in report.infrastructure}
    changed = [resource for resource in report.resources if resource.op != "same"]
    changed.sort(key=lambda resource: (ORDER.index(resource.op), resource.urn not in infrastructure))
    with_inputs = any(headline(resource) for resource in changed)
    pieces = []
    for resource in changed:
        going = Weight.GOING if resource.op in {"delete", "replace"} else Weight.INFRASTRUCTURE
        row = f"| {_mark(resource)} | {code(display_type(resource.type))} | {code(resource.name)} |"
        row += f"{_inputs(resource, column=with_inputs)}\n"
        pieces.append(piece(going if resource.urn in infrastructure else Weight.OTHERS, row))
    summary = f"Resources: {', '.join(text for _, text in counted(report))}"
    if not pieces:
        return Section(pieces=[piece(Weight.ALWAYS, f"{summary}\n\n")])
    head = (
        "| | type | name | inputs |\n| --- | --- | --- | --- |"
        if with_inputs
        else "| | type | name |\n| --- | --- | --- |"
    )
    opening = f"<details>\n<summary>{summary}</summary>\n\n{head}\n"
    return Section(name="changed resources", opening=opening, closing="\n</details>\n\n", pieces=pieces)


def _inputs(resource: ResourceDiff, *, column: bool) -> str:
    """Return the cell of what a new resource is, where the table has that ``column``."""
    if not column:
        return ""
    text = headline(resource)
    return f" {code(text)} |" if text else " |"


def _mark(resource: ResourceDiff) -> str:
    op = f"{resource.op} (former copy)" if resource.pending else resource.op
    return f"**{op}**" if resource.op in {"delete", "replace"} else op


def differences(report: Report) -> Section:
    """Return what differs, folded, place by place."""
    infrastructure = {resource.urn for resource in report.infrastructure}
    changed = [resource for resource in report.resources if resource.op in {"update", "replace"}]
    changed.sort(key=lambda resource: (resource.op != "replace", resource.urn not in infrastructure))
    pieces = [shortened for resource in changed if (shortened := _difference(resource))]
    opening = "<details>\n<summary>Property differences</summary>\n\n```diff\n"
    return Section(name="property differences", opening=opening, closing="```\n\n</details>\n\n", pieces=pieces)


def _difference(resource: ResourceDiff) -> Piece | None:
    # Each line begins with a mark of ours, so that none can close the fence.
    lines = [f"{_clean(line)}\n" for line in difference_lines(resource)]
    if not lines:
        return None
    title = f"# {resource.op} {_clean(display_type(resource.type))} {_clean(resource.name)}\n"
    if len(lines) <= _LINES:
        return piece(Weight.DIFFS, title + "".join(lines))
    short = [*lines[:_LINES], f"# and {len(lines) - _LINES} more\n"]
    return Piece(((Weight.DIFFS, title + "".join(short)), (Weight.SAME, title + "".join(lines))))


def _clean(text: str) -> str:
    return printable(clipped(text, _LINE))


def uncompared(report: Report) -> Section:
    """Return what could not be compared, folded."""
    pieces = [
        piece(Weight.SAME, f"- {named(resource)} {code(path)}: {prose(why)}\n")
        for resource in report.resources
        for path, why in uncompared_places(resource)
    ]
    opening = "<details>\n<summary>Not compared</summary>\n\n"
    return Section(name="places not compared", opening=opening, closing="\n</details>\n", pieces=pieces)
