"""The report as markdown for a comment on a pull request: what decides in sight, all else folded. Pure.

GitHub takes 65,536 characters. Here that many bytes of UTF-8 are the limit, which are never fewer than characters,
however those are counted, less some room for what a job puts around the report, such as a mark to find it by. A report
that is longer loses what decides least, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.render.budget import LeftOut, Piece, Section, assemble, piece
from mlplatform.review.render.escape import code, prose
from mlplatform.review.render.model_markdown import OVERVIEW, attention, details, overview_row
from mlplatform.review.render.model_words import main_side
from mlplatform.review.render.resource_markdown import differences, named, resources, uncompared
from mlplatform.review.render.section_priority import Weight
from mlplatform.review.render.words import (
    UNVERIFIED,
    conclusion,
    context,
    count,
    counted_rules,
    gaps,
    grouped,
    loss_way,
    other_stack,
    stays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlplatform.review.report import Report, ReviewedModel
    from mlplatform.review.verdicts import Verdict

GITHUB_LIMIT = 65_536
LIMIT = GITHUB_LIMIT - 536
_RESERVE = 1_200
_FEW = 3
_OPEN = 6
_NAMES = 12


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
    yield from _head(report)
    yield _notices(report)
    yield _errors(report)
    if report.errors and not report.resources:
        return
    yield _losses(report)
    yield _violations(report)
    if not report.policies_only:
        yield from _models(report)
        yield _gaps(report)
        yield resources(report)
        yield differences(report)
    yield from _policies(report)
    yield uncompared(report)


def _note(left: Sequence[LeftOut], command: str) -> str:
    parts = []
    for part in left:
        shorter = f"{part.shortened} shortened" if part.shortened else ""
        if part.name and part.missing:
            parts.append(f"{part.missing} of {part.all} {part.name}" + (f" ({shorter})" if shorter else ""))
        elif part.name:
            parts.append(f"{part.name} ({shorter})")
    return (
        f"_Shortened to what GitHub takes in a comment. Left out: {', '.join(parts)}. "
        f"All of it: {code(command, 200)}_\n\n"
    )


def _head(report: Report) -> Iterator[Section]:
    what = "Policies" if report.policies_only else "Preview"
    other = other_stack(report)
    title = f"### {what} of {code(report.stack, 60)}" + (f", {prose(other)}" if other else "") + "\n"
    if report.verification.verified is False:
        title += f"\n> [!CAUTION]\n> **{UNVERIFIED}.**\n"
    yield Section(pieces=[piece(Weight.ALWAYS, title)])
    reasons = [piece(Weight.DECIDES, f"> - {prose(reason)}\n") for reason in report.verification.reasons]
    yield Section(name="reasons", pieces=reasons)
    explanation = "".join(f"{sentence}\n\n" for sentence in context(report))
    yield Section(pieces=[piece(Weight.ALWAYS, f"\n**{prose(conclusion(report))}**\n\n{explanation}")], noted=True)


def _notices(report: Report) -> Section:
    pieces = [piece(Weight.OVERVIEW, f"> - {prose(notice)}\n") for notice in report.verification.notices]
    return Section(name="notices", opening="> [!WARNING]\n", closing="\n", pieces=pieces)


def _errors(report: Report) -> Section:
    pieces = [
        piece(Weight.DECIDES, f"- {code(problem.file)} {code(problem.key, 200)}: {prose(problem.text)}\n")
        for problem in report.errors
    ]
    outcome = "The engine would refuse the update" if report.resources else "Nothing was planned"
    return Section(name="errors", opening=f"**{outcome}:**\n\n", closing="\n", pieces=pieces)


def _losses(report: Report) -> Section:
    pieces = []
    for loss in report.losses:
        resource = loss.resource
        because = ", ".join(code(reason) for reason in resource.replace_reasons[:_FEW]) or "-"
        row = f"| **{loss_way(loss)}** | {named(resource)} | {loss.what} | {because} |\n"
        pieces.append(piece(Weight.DECIDES, row))
    opening = "**STATE AT STAKE**\n\n| | resource | at stake | because of |\n| --- | --- | --- | --- |\n"
    return Section(name="losses of state", opening=opening, closing="\n", pieces=pieces)


def _violations(report: Report) -> Section:
    violations = grouped(verdict for verdict in report.verdicts if verdict.outcome == "violated")
    opening = f"**Policies violated**\n\n{_VERDICTS}"
    pieces = [_verdict_row(verdict, names, Weight.DECIDES) for verdict, names in violations]
    return Section(name="policy violations", opening=opening, closing="\n", pieces=pieces)


_VERDICTS = "| policy | level | resources | |\n| --- | --- | --- | --- |\n"


def _verdict_row(verdict: Verdict, names: Sequence[str], weight: int) -> Piece:
    loud = verdict.level != "advisory" and verdict.outcome == "violated"
    level = f"**{verdict.level}**" if loud else verdict.level

    def row(most: int) -> str:
        more = f" and {len(names) - most} more" if len(names) > most else ""
        listed = ", ".join(code(name) for name in names[:most])
        return f"| {code(verdict.policy)} | {level} | {listed}{more} | {prose(verdict.message)} |\n"

    if len(names) <= _NAMES:
        return piece(weight, row(_NAMES))
    return Piece(((weight, row(_NAMES)), (Weight.SAME, row(len(names)))))


def _models(report: Report) -> Iterator[Section]:
    models = report.changed_models
    rows = [_overview(model) for model in models]
    yield Section(name="rows of models", opening="**Models that change**\n\n" + OVERVIEW, closing="\n", pieces=rows)
    few = len(models) <= _FEW
    pieces = [
        details(model, weights=_weights(model), unfold=few or (index < _OPEN and bool(attention(model))))
        for index, model in enumerate(models)
    ]
    yield Section(name="descriptions of models", closing="\n", pieces=pieces)
    same = [model.change for model in report.models if model.change.kind == "unchanged"]
    if same:
        sides = ((code(change.name), main_side(change)) for change in same)
        names = ", ".join(f"{name} {prose(side.version or '', 20) if side else ''}".rstrip() for name, side in sides)
        unchanged = f"{count(len(same), 'model')} {stays(report)}"
        texts = (f"{unchanged}.\n\n", f"{unchanged}: {names}\n\n")
        yield Section(
            name="names of unchanged models", pieces=[Piece(((Weight.ALWAYS, texts[0]), (Weight.SAME, texts[1])))]
        )


def _overview(model: ReviewedModel) -> Piece:
    if not model.change.breaking:
        return piece(Weight.OVERVIEW, overview_row(model))
    # That callers break decides; how they do is told in its description, too.
    return Piece(((Weight.DECIDES, overview_row(model, short=True)), (Weight.OVERVIEW, overview_row(model))))


def _weights(model: ReviewedModel) -> tuple[int, ...]:
    if model.change.breaking or any(verdict.outcome == "violated" for verdict in model.verdicts):
        return (Weight.BREAKS, Weight.LOUD, Weight.LOUD_ALL)
    return (Weight.LOUD, Weight.LOUD_ALL) if attention(model) else (Weight.QUIET, Weight.QUIET_ALL)


def _gaps(report: Report) -> Section:
    return Section(pieces=[piece(Weight.ALWAYS, f"{sentence}\n\n") for sentence in gaps(report)])


def _policies(report: Report) -> Iterator[Section]:
    if not report.verdicts:
        return
    yield Section(pieces=[piece(Weight.ALWAYS, f"Policies: {counted_rules(report)}\n\n")])
    undecided = [verdict for verdict in report.verdicts if verdict.outcome == "undecided"]
    opening = f"<details>\n<summary>Undecided: {count(len(undecided), 'verdict')}</summary>\n\n{_VERDICTS}"
    rows = [_verdict_row(verdict, names, Weight.OTHERS) for verdict, names in grouped(undecided)]
    yield Section(name="undecided verdicts", opening=opening, closing="\n</details>\n\n", pieces=rows)
    passed = [verdict.policy for verdict in report.verdicts if verdict.outcome == "passed"]
    if report.policies_only and passed:
        summary, names = count(len(passed), "policy", "policies"), ", ".join(map(code, passed))
        text = f"<details>\n<summary>Passed: {summary}</summary>\n\n{names}\n\n</details>\n\n"
        yield Section(name="names of passed policies", pieces=[piece(Weight.SAME, text)])
