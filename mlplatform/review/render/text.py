"""The report as text: what decides first, then everything in the form that users of ``pulumi preview`` know. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mlplatform.review.render.line import Line
from mlplatform.review.render.model_text import changed_models, unchanged_models
from mlplatform.review.render.tree import STYLES, SYMBOLS, property_changes, resource_tree, uncompared
from mlplatform.review.render.words import (
    UNVERIFIED,
    conclusion,
    context,
    count,
    counted,
    counted_rules,
    gaps,
    grouped,
    loss_way,
    other_stack,
)
from mlplatform.review.state.urn import display_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlplatform.review.report import Report
    from mlplatform.review.verdicts import Verdict

_RULE = "!" * 78


def render(report: Report) -> Iterator[Line]:
    """Yield the report's lines."""
    if report.policies_only:
        yield from _verdicts(report)
        return
    other = other_stack(report)
    yield Line(f"Previewing update ({report.stack})" + (f", {other}" if other else ""), "bold")
    if report.errors and not report.resources:
        yield from _errors(report, "nothing was planned")
        return
    yield from _decision(report)
    yield Line("")
    yield from resource_tree(report.resources)
    yield from property_changes(report.resources)
    yield from uncompared(report.resources)
    yield from _policies(report)
    yield from _counts(report)
    if report.errors:
        yield from _errors(report, "the update would be refused")


def _verdicts(report: Report) -> Iterator[Line]:
    yield Line(f"Checking policies ({report.stack})", "bold")
    yield from _banner(report)
    yield from _notices(report)
    yield from _policies(report)


def _decision(report: Report) -> Iterator[Line]:
    """Yield what a reviewer decides by: all of it before any detail."""
    yield from _banner(report)
    yield Line("")
    unlocked = report.verification.mode_changed and report.verification.mode == "live"
    breaking = any(model.change.breaking for model in report.models)
    unreviewed = any(model.unreviewed or model.unreviewed_before for model in report.models)
    loud = report.refused or report.losses or report.errors or breaking or unlocked or unreviewed
    yield Line(f"Verdict: {conclusion(report)}", "bold red" if loud else "bold")
    yield from map(Line, context(report))
    yield from _notices(report)
    yield from _refused(report)
    yield from _losses(report)
    yield from _violations(report)
    yield from changed_models(report)
    yield from unchanged_models(report)
    if sentences := gaps(report):
        yield Line("")
        yield from (Line(sentence, "yellow") for sentence in sentences)


def _banner(report: Report) -> Iterator[Line]:
    if report.verification.verified is False:
        yield Line("")
        yield Line(_RULE, "bold red")
        yield Line(f"!!  {UNVERIFIED}", "bold red")
        for reason in report.verification.reasons:
            yield Line(f"!!  - {reason}", "red")
        yield Line(_RULE, "bold red")


def _notices(report: Report) -> Iterator[Line]:
    if report.verification.notices:
        yield Line("")
        yield from (Line(f"Notice: {notice}", "yellow") for notice in report.verification.notices)


def _refused(report: Report) -> Iterator[Line]:
    if report.errors:
        yield Line("")
        yield Line("The engine would refuse the update:", "bold red")
        for problem in report.errors:
            yield Line(f"    {problem.key.rpartition('::')[2] or problem.file}: {problem.message}", "red")


def _losses(report: Report) -> Iterator[Line]:
    if not report.losses:
        return
    yield Line("")
    yield Line("STATE AT STAKE:", "bold red")
    for loss in report.losses:
        resource = loss.resource
        reasons = f"; because of {', '.join(resource.replace_reasons)}" if resource.replace_reasons else ""
        what = f"{display_type(resource.type)} {resource.name} ({loss_way(loss)}): {loss.what}"
        text = f" {SYMBOLS[resource.op]:<2} {what}{reasons}"
        yield Line(text, "yellow" if loss.way == "forget" else "bold red")


def _violations(report: Report) -> Iterator[Line]:
    violations = [verdict for verdict in report.verdicts if verdict.outcome == "violated"]
    if violations:
        yield Line("")
        yield Line("Policies violated:", "bold red" if report.refused else "yellow")
        yield from _verdict_lines(violations)


def _errors(report: Report, outcome: str) -> Iterator[Line]:
    yield Line("")
    for problem in report.errors:
        yield Line(f"error: {problem}", "red")
    yield Line("")
    yield Line(f"{count(len(report.errors), 'error')}; {outcome}.", "bold red")


def _policies(report: Report) -> Iterator[Line]:
    """Yield how many rules say what, then the verdicts: those that passed only where nothing else was asked for."""
    if not report.verdicts:
        return
    yield Line("")
    yield Line(f"Policies: {counted_rules(report)}", "bold")
    for policy, group in groupby(report.verdicts, key=lambda verdict: verdict.policy):
        verdicts = list(group)
        if verdicts[0].outcome == "passed":
            if report.policies_only:
                yield Line(f"    passed     {policy}", "green")
        elif not report.policies_only and any(verdict.outcome == "violated" for verdict in verdicts):
            yield Line(f"    violated   {policy}: see above", "yellow" if verdicts[0].level == "advisory" else "red")
            yield from _verdict_lines([verdict for verdict in verdicts if verdict.outcome != "violated"])
        else:
            yield from _verdict_lines(verdicts)


def _verdict_lines(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    for verdict, names in grouped(verdicts):
        style = "yellow" if verdict.outcome == "undecided" or verdict.level == "advisory" else "red"
        text = f"{verdict.outcome:<9}  {verdict.policy} ({verdict.level}) {', '.join(names)}: {verdict.message}"
        yield Line(f"    {text}", style)


def _counts(report: Report) -> Iterator[Line]:
    yield Line("")
    yield Line("Resources:", "bold")
    for op, text in counted(report):
        yield Line(f"    {text}") if op == "same" else Line(f"    {SYMBOLS[op]:<2} {text}", STYLES[op])
