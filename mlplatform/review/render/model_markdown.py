"""The models of a report as markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlplatform.review.render.budget import Piece
from mlplatform.review.render.escape import code, html_code, link, prose, summary
from mlplatform.review.render.fact_rows import FactRow, arranged, deployment_facts, variant_facts
from mlplatform.review.render.model_words import (
    BREAKING,
    breaks,
    by_weight,
    compatibility,
    main_side,
    marks,
    metric_row,
    missing_signature,
    outcomes,
    steps,
)
from mlplatform.review.render.numbers import number
from mlplatform.review.render.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlplatform.review.models.change import VariantChange
    from mlplatform.review.report import ReviewedModel
    from mlplatform.review.verdicts import Verdict

# Of one model, so that its shortest form is bounded: the whole is in the other formats.
_BREAKS = 20
_FEW = 3
_METRICS = 25
_ROWS = 60


OVERVIEW = (
    "| model | from → to | attention | metrics | registered model | alias |\n| --- | --- | --- | --- | --- | --- |\n"
)


def overview_row(model: ReviewedModel, *, short: bool = False) -> str:
    """Return a model's row in the table of all that change; a ``short`` one does not say how callers break."""
    change = model.change
    side = main_side(change)
    cells = (
        code(change.name),
        prose(steps(change, "→"), 200),
        attention(model, short=short),
        outcomes(change) or "-",
        code(side.registered_model) if side and side.registered_model else "-",
        code(side.alias) if side and side.alias else "-",
    )
    return f"| {' | '.join(cells)} |\n"


def attention(model: ReviewedModel, *, short: bool = False) -> str:
    """Return what a reviewer must not miss of a model."""
    first_break = None if short else breaks(model.change)
    loud = f"**{BREAKING}**"
    if first_break:
        first, more = first_break
        loud += f" {code(first.where, 60)}: {prose(first.text, 100)}" + (f" (and {more} more)" if more else "")
    return "; ".join(loud if mark == BREAKING else prose(mark, 160) for mark in marks(model, "→"))


def details(model: ReviewedModel, *, weights: Sequence[int], unfold: bool) -> Piece:
    """Return a model's facts in several lengths.

    Args:
        model: the model.
        weights: how much these matter: the changed facts; all others; and before them, if there are three, verdicts and
            signature alone.
        unfold: whether they are open to see.

    """
    lengths = range(3 - len(weights), 3)
    return Piece(
        tuple((weight, _folded(model, length, unfold=unfold)) for weight, length in zip(weights, lengths, strict=True))
    )


def _folded(model: ReviewedModel, level: int, *, unfold: bool) -> str:
    change = model.change
    loud = "; ".join(f"<b>{mark}</b>" if mark == BREAKING else summary(mark, 160) for mark in marks(model, "→"))
    title = f"<b>{html_code(change.name)}</b> {summary(steps(change, '→'), 200)}{' - ' + loud if loud else ''}"
    body = re.sub(r"\n{3,}", "\n\n", "".join(_body(model, level)).lstrip("\n"))
    return f"<details{' open' if unfold else ''}>\n<summary>{title}</summary>\n\n{body}\n</details>\n"


def _body(model: ReviewedModel, level: int) -> Iterator[str]:
    change = model.change
    several = len(change.variants) > 1
    most = _BREAKS if level > 0 else _FEW
    for verdict in model.verdicts[:most]:
        yield f"- {_verdict(verdict)}\n"
    yield from _more(len(model.verdicts) - most, "- {}\n", "more verdict")
    for variant in change.variants:
        if several:
            yield f"\n**Variant {code(variant.name)}: {variant.kind}**\n\n"
        if several and variant.kind == "unchanged":
            continue
        yield from _signature(variant, most)
        if level > 0:
            yield from _metrics(variant, level)
            facts = list(variant_facts(variant))
            if not several:
                facts += deployment_facts(change)
            yield from _facts(facts, level)
        if level > 1:
            yield from _rest(variant)
    if several and level > 0:
        yield from _facts(deployment_facts(change), level)
    if not model.verdicts and change.kind != "retired":
        yield "\nPolicies pass.\n"


def _verdict(verdict: Verdict) -> str:
    mark = "**violated**" if verdict.outcome == "violated" else verdict.outcome
    return f"{mark} {code(verdict.policy)} ({verdict.level}): {prose(verdict.message)}"


def _signature(variant: VariantChange, most: int) -> Iterator[str]:
    for change in variant.signature[:most]:
        mark = compatibility(change)
        loudly = f"**{mark}**" if change.breaking else mark
        yield f"- {loudly} {code(change.where)}: {prose(change.text, 200)}\n"
    yield from _more(len(variant.signature) - most, "- {} of the signature\n", "more difference")
    if missing := missing_signature(variant):
        yield f"- signature {missing}\n"


def _metrics(variant: VariantChange, level: int) -> Iterator[str]:
    metrics = by_weight(variant.metrics)
    moved = [metric for metric in metrics if metric.outcome not in {"same", "added"}]
    if moved:
        against = f" (before: {code(variant.baseline or '')})" if variant.baseline not in {None, variant.name} else ""
        yield f"\n| metric{against} | before | after | difference | |\n| --- | ---: | ---: | ---: | --- |\n"
        for metric in moved[:_METRICS]:
            name, *values, judgement = metric_row(metric)
            loudly = f"**{judgement}**" if metric.outcome == "worse" else judgement
            yield f"| {code(name)} | {' | '.join(prose(value, 40) for value in values)} | {loudly} |\n"
        yield from _more(len(moved) - _METRICS, "\n{} changed.\n", "more metric")
    for outcome, label in (("added", "New metrics"), ("same", "Same metrics")):
        group = [metric for metric in metrics if metric.outcome == outcome]
        if group and (level > 1 or outcome == "added"):
            values = [f"{code(metric.name)} {prose(number(metric.new), 40)}" for metric in group[:_METRICS]]
            yield f"\n{label}: {', '.join(values)}{_and_more(len(group) - _METRICS)}\n"


def _facts(facts: Iterable[FactRow], level: int) -> Iterator[str]:
    layout = arranged(facts)
    if layout.rows:
        yield "\n| | before | after |\n| --- | --- | --- |\n"
        for fact in layout.rows:
            yield f"| {fact.label} | {_value(fact, fact.old)} | {_value(fact, fact.new)} |\n"
    if level > 1:
        yield from _listed("As before", layout.same)
        yield from _listed("Facts", layout.alone)


def _listed(title: str, facts: Sequence[FactRow]) -> Iterator[str]:
    if facts:
        values = (f"{fact.label} {_sides(fact)}" for fact in facts)
        yield f"\n{title}: {', '.join(values)}\n"


def _sides(fact: FactRow) -> str:
    """Return a fact with its side: what only one of two versions tells is said of that one."""
    if fact.single is not None:
        return _value(fact, fact.single)
    return f"{_value(fact, fact.old)} → {_value(fact, fact.new)}"


def _value(fact: FactRow, value: str | None) -> str:
    if value is None:
        return "-"
    if fact.link:
        return link(value.rpartition("/")[2][:12] or value[:12], value)
    return code(value)


def _rest(variant: VariantChange) -> Iterator[str]:
    rows = [
        ("library", library.name, library.old, library.new, library.kind + (", **MAJOR**" if library.major else ""))
        for library in variant.libraries
    ]
    rows += [("parameter", change.name, change.old, change.new, "") for change in variant.params]
    rows += [("tag", change.name, change.old, change.new, "") for change in variant.tags]
    if rows:
        yield "\n| | | before | after | |\n| --- | --- | --- | --- | --- |\n"
        for kind, name, old, new, remark in rows[:_ROWS]:
            yield f"| {kind} | {code(name)} | {_side(old, kind)} | {_side(new, kind)} | {remark} |\n"
        yield from _more(len(rows) - _ROWS, "\n{} of libraries, parameters and tags.\n", "more change")
    if variant.uncompared:
        names = ", ".join(code(name) for name in variant.uncompared[:_METRICS])
        yield f"\nNot compared, one side does not tell: {names}{_and_more(len(variant.uncompared) - _METRICS)}\n"


def _side(value: str | None, kind: str) -> str:
    if value is None:
        return "-"
    return "any version" if kind == "library" and not value else code(value)


def _more(number: int, text: str, word: str) -> Iterator[str]:
    if number > 0:
        yield text.format(count(number, word))


def _and_more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
