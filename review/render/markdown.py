"""The report as markdown for a comment on a pull request: what decides in sight, all else folded. Pure.

GitHub takes 65,536 characters. Here that many bytes of UTF-8 are the limit, which are never fewer than characters,
however those are counted, less some room for what a job puts around the report, such as a mark to find it by. A report
that is longer loses what decides least, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.render.budget import LeftOut, Piece, Section, assemble
from review.render.escape import clipped, code, prose
from review.render.model_markdown import OVERVIEW, details, loud, overview_row
from review.render.tree import difference_lines, uncompared_places
from review.render.words import UNVERIFIED, count, counts, loss_way, provenance, unlisted, verdict, version
from review.values import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.diff import ResourceDiff
    from review.policy import Verdict
    from review.report import Report, ReviewedModel

GITHUB_LIMIT = 65_536
LIMIT = GITHUB_LIMIT - 536
_RESERVE = 1_200
# What matters: a small number is the last to go. What decides; how callers break; the table of models; what else is
# deleted or replaced; models that get worse; other infrastructure; other models; what else is known of models; the
# objects of models and undecided verdicts; property differences; what stays the same.
_DECIDES, _BREAKS, _OVERVIEW, _GOING, _LOUD, _INFRASTRUCTURE, _QUIET, _LOUD_ALL, _QUIET_ALL, _OTHERS, _DIFFS, _SAME = (
    range(1, 13)
)
_FEW = 3
_OPEN = 6
_LINES = 12
_LINE = 400


def render_markdown(report: Report, *, command: str, limit: int = LIMIT) -> str:
    """Return the report, at most ``limit`` bytes of UTF-8.

    Args:
        report: the report.
        command: shows all of it, whatever its size.
        limit: at least 8,000, or what decides would find no room.

    """

    def note(left: Sequence[LeftOut]) -> str:
        return _note(left, command)

    return assemble(list(_sections(report)), limit=limit, note=note, reserve=_RESERVE)


def _sections(report: Report) -> Iterator[Section]:
    yield _head(report)
    yield from _banner(report)
    yield _errors(report)
    if report.errors and not report.resources:
        return
    yield _losses(report)
    yield _violations(report)
    if not report.policies_only:
        yield from _models(report)
        yield _unlisted(report)
        yield _resources(report)
        yield _differences(report)
    yield _policies(report)
    yield _uncompared(report)


def _note(left: Sequence[LeftOut], command: str) -> str:
    parts = []
    for each in left:
        shorter = f"{each.shortened} shortened" if each.shortened else ""
        if each.name and each.missing:
            parts.append(f"{each.missing} of {each.all} {each.name}" + (f" ({shorter})" if shorter else ""))
        elif each.name:
            parts.append(f"{each.name} ({shorter})")
    return (
        f"_Shortened to what GitHub takes in a comment. Left out: {', '.join(parts)}. "
        f"All of it: {code(command, 200)}_\n\n"
    )


def _head(report: Report) -> Section:
    what = "Policies" if report.policies_only else "Preview"
    where = provenance(report.verification) if report.models else ""
    title = f"### {what} of {code(report.stack, 60)}\n\n**{prose(verdict(report))}**\n\n"
    return Section(pieces=[_one(0, title + (f"{where}\n\n" if where else ""))])


def _one(weight: int, text: str) -> Piece:
    return Piece(((weight, text),))


def _banner(report: Report) -> Iterator[Section]:
    verification = report.verification
    if verification.verified is False:
        banner = _one(0, f"> [!CAUTION]\n> **{UNVERIFIED}.**\n")
        reasons = [_one(_DECIDES, f"> - {prose(reason)}\n") for reason in verification.reasons]
        yield Section(name="reasons", closing="\n", pieces=[banner, *reasons])
    notices = [_one(_OVERVIEW, f"> - {prose(notice)}\n") for notice in verification.notices]
    yield Section(name="notices", opening="> [!WARNING]\n", closing="\n", pieces=notices)


def _errors(report: Report) -> Section:
    pieces = [
        _one(_DECIDES, f"- {code(problem.file)} {code(problem.key, 200)}: {prose(problem.message)}\n")
        for problem in report.errors
    ]
    outcome = "The engine would refuse the update" if report.resources else "Nothing was planned"
    return Section(name="errors", opening=f"**{outcome}:**\n\n", closing="\n", pieces=pieces)


def _losses(report: Report) -> Section:
    pieces = []
    for loss in report.losses:
        resource = loss.resource
        because = ", ".join(code(reason) for reason in resource.replace_reasons[:_FEW]) or "-"
        row = f"| **{loss_way(loss)}** | {_resource(resource)} | {loss.what} | {because} |\n"
        pieces.append(_one(_DECIDES, row))
    opening = "**STATE AT STAKE**\n\n| | resource | at stake | because of |\n| --- | --- | --- | --- |\n"
    return Section(name="losses of state", opening=opening, closing="\n", pieces=pieces)


def _resource(resource: ResourceDiff) -> str:
    return f"{code(resource.name)} {code(resource.type)}"


def _violations(report: Report) -> Section:
    found = [each for each in report.policies if each.outcome == "violated"]
    # What is mandatory stops the update.
    found.sort(key=lambda each: each.level == "advisory")
    opening = "**Policies violated**\n\n| policy | level | resource | |\n| --- | --- | --- | --- |\n"
    pieces = [_one(_DECIDES, _verdict_row(each)) for each in found]
    return Section(name="policy violations", opening=opening, closing="\n", pieces=pieces)


def _verdict_row(each: Verdict) -> str:
    name = each.urn.rpartition("::")[2] if each.urn else ""
    level = f"**{each.level}**" if each.level != "advisory" and each.outcome == "violated" else each.level
    return f"| {code(each.policy)} | {level} | {code(name)} | {prose(each.message)} |\n"


def _models(report: Report) -> Iterator[Section]:
    models = report.changed_models
    rows = [_one(_DECIDES if model.change.breaking else _OVERVIEW, overview_row(model)) for model in models]
    yield Section(name="rows of models", opening="**Models that change**\n\n" + OVERVIEW, closing="\n", pieces=rows)
    few = len(models) <= _FEW
    pieces = [
        details(model, weights=_weights(model), unfold=few or (index < _OPEN and bool(loud(model))))
        for index, model in enumerate(models)
    ]
    yield Section(name="descriptions of models", closing="\n", pieces=pieces)
    same = [model.change for model in report.models if model.change.kind == "unchanged"]
    if same:
        names = ", ".join(f"{code(change.name)} {prose(version(change), 20)}".rstrip() for change in same)
        texts = (f"{count(len(same), 'model')} unchanged.\n\n", f"{count(len(same), 'model')} unchanged: {names}\n\n")
        yield Section(name="names of unchanged models", pieces=[Piece(((0, texts[0]), (_SAME, texts[1])))])


def _weights(model: ReviewedModel) -> tuple[int, ...]:
    if model.change.breaking or any(each.outcome == "violated" for each in model.verdicts):
        return (_BREAKS, _LOUD, _LOUD_ALL)
    return (_LOUD, _LOUD_ALL) if loud(model) else (_QUIET, _QUIET_ALL)


def _unlisted(report: Report) -> Section:
    told = unlisted(report)
    return Section(pieces=[_one(0, f"{told}\n\n")] if told else [])


def _resources(report: Report) -> Section:
    numbers = counts(report)
    words = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}
    told = [f"{numbers[op]} {word}" for op, word in words.items() if numbers[op]] + [f"{numbers['same']} unchanged"]
    own = {resource.urn for resource in report.infrastructure}
    changed = [resource for resource in report.resources if resource.op != "same"]
    changed.sort(key=lambda resource: (_ORDER.index(resource.op), resource.urn not in own))
    pieces = []
    for resource in changed:
        going = _GOING if resource.op in {"delete", "replace"} else _INFRASTRUCTURE
        row = f"| {_mark(resource.op)} | {code(resource.type)} | {code(resource.name)} |\n"
        pieces.append(_one(going if resource.urn in own else _OTHERS, row))
    summary = f"Resources: {', '.join(told)}"
    if not pieces:
        return Section(pieces=[_one(0, f"{summary}\n\n")])
    opening = f"<details>\n<summary>{summary}</summary>\n\n| | type | name |\n| --- | --- | --- |\n"
    return Section(name="changed resources", opening=opening, closing="\n</details>\n\n", pieces=pieces)


_ORDER = ("delete", "replace", "update", "create", "same")


def _mark(op: str) -> str:
    return f"**{op}**" if op in {"delete", "replace"} else op


def _differences(report: Report) -> Section:
    own = {resource.urn for resource in report.infrastructure}
    changed = [resource for resource in report.resources if resource.op in {"update", "replace"}]
    changed.sort(key=lambda resource: (resource.op != "replace", resource.urn not in own))
    pieces = [piece for resource in changed if (piece := _difference(resource))]
    opening = "<details>\n<summary>Property differences</summary>\n\n```diff\n"
    return Section(name="property differences", opening=opening, closing="```\n\n</details>\n\n", pieces=pieces)


def _difference(resource: ResourceDiff) -> Piece | None:
    # Each line begins with a mark of ours, so that none can close the fence.
    lines = [f"{_clean(line)}\n" for line in difference_lines(resource)]
    if not lines:
        return None
    title = f"# {resource.op} {_clean(resource.type)} {_clean(resource.name)}\n"
    if len(lines) <= _LINES:
        return _one(_DIFFS, title + "".join(lines))
    short = [*lines[:_LINES], f"# and {len(lines) - _LINES} more\n"]
    return Piece(((_DIFFS, title + "".join(short)), (_SAME, title + "".join(lines))))


def _clean(text: str) -> str:
    return printable(clipped(text, _LINE))


def _policies(report: Report) -> Section:
    undecided = [_one(_OTHERS, _verdict_row(each)) for each in report.policies if each.outcome == "undecided"]
    passed = [each.policy for each in report.policies if each.outcome == "passed"]
    told = ", ".join(filter(None, [f"{len(passed)} passed", f"{len(undecided)} undecided" if undecided else ""]))
    if not report.policies:
        return Section()
    if not undecided:
        names = ", ".join(code(name) for name in passed)
        text = f"<details>\n<summary>Policies: {told}</summary>\n\n{names}\n\n</details>\n\n"
        return Section(name="names of passed policies", pieces=[_one(_SAME, text)] if passed else [])
    table = "| policy | level | resource | |\n| --- | --- | --- | --- |\n"
    opening = f"<details>\n<summary>Policies: {told}</summary>\n\n{table}"
    return Section(name="undecided verdicts", opening=opening, closing="\n</details>\n\n", pieces=undecided)


def _uncompared(report: Report) -> Section:
    pieces = [
        _one(_SAME, f"- {_resource(resource)} {code(path)}: {prose(why)}\n")
        for resource in report.resources
        for path, why in uncompared_places(resource)
    ]
    opening = "<details>\n<summary>Not compared</summary>\n\n"
    return Section(name="places not compared", opening=opening, closing="\n</details>\n", pieces=pieces)
