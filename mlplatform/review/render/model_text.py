"""The models of a report as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.render.fact_rows import FactRow, arranged, deployment_facts, variant_facts
from mlplatform.review.render.line import Line, columns
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
from mlplatform.review.render.words import count, stays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlplatform.review.models.change import ValueChange, VariantChange
    from mlplatform.review.report import Report, ReviewedModel

_LABEL = 16
_STYLES = {"better": "green", "worse": "bold red", "changed": "yellow"}
_NAMES = 12
_LONG = 80


def changed_models(report: Report) -> Iterator[Line]:
    """Yield a table of the models that change, then the facts of each."""
    models = report.changed_models
    if not models:
        return
    yield Line("")
    yield Line("Models that change:", "bold")
    rows = [("Name", "Model", "Alias", "From -> to", "Metrics", "Attention"), *map(_row, models)]
    loud = ["bold", *("bold red" if model.change.breaking else "yellow" for model in models)]
    for text, style in zip(columns(rows), loud, strict=True):
        yield Line(f"    {text}", style)
    for model in models:
        yield from _model(model)


def unchanged_models(report: Report) -> Iterator[Line]:
    """Yield one line for all models that stay as they are."""
    same = [model.change for model in report.models if model.change.kind == "unchanged"]
    if not same:
        return
    names = [f"{change.name} {side.version or ''}".rstrip() for change in same if (side := main_side(change))]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    yield Line("")
    yield Line(f"{count(len(same), 'model')} {stays(report)}: {', '.join(names[:_NAMES])}{more}", "dim")


def _row(model: ReviewedModel) -> tuple[str, ...]:
    change = model.change
    side = main_side(change)
    return (
        change.name,
        (side.registered_model if side else None) or "-",
        (side.alias if side else None) or "-",
        steps(change),
        outcomes(change) or "-",
        "; ".join(_breaking(model) if mark == BREAKING else mark for mark in marks(model)),
    )


def _breaking(model: ReviewedModel) -> str:
    first_break = breaks(model.change)
    if first_break is None:
        return BREAKING
    first, more = first_break
    return f"{BREAKING}: {first.where}: {first.text}" + (f" (and {more} more)" if more else "")


def _model(model: ReviewedModel) -> Iterator[Line]:
    change = model.change
    loud = "; ".join(marks(model))
    yield Line("")
    title = f"  {change.name}: {steps(change)}" + (f"  [{loud}]" if loud else "")
    yield Line(title, "bold red" if change.breaking else "bold")
    for verdict in model.verdicts:
        text = f"{verdict.outcome} {verdict.policy} ({verdict.level}): {verdict.message}"
        yield _labelled("policy", text, "red" if verdict.outcome == "violated" else "yellow")
    several = len(change.variants) > 1
    for variant in change.variants:
        if several:
            yield Line(f"    variant {variant.name}: {variant.kind}", "bold")
        if several and variant.kind == "unchanged":
            continue
        yield from _decisive(variant)
        yield from _rest(variant)
        facts = list(variant_facts(variant))
        yield from _facts(facts if several else [*facts, *deployment_facts(change)])
    if several:
        yield from _facts(deployment_facts(change))
    if not model.verdicts and change.kind != "retired":
        yield _labelled("policies", "pass", "green")


def _decisive(variant: VariantChange) -> Iterator[Line]:
    for change in variant.signature:
        style = "bold red" if change.breaking else ""
        yield _labelled("signature", f"{compatibility(change)}: {change.where}: {change.text}", style)
    if missing := missing_signature(variant):
        yield _labelled("signature", missing, "yellow")
    yield from _metrics(variant)


def _metrics(variant: VariantChange) -> Iterator[Line]:
    metrics = by_weight(variant.metrics)
    groups = {"same": "same metrics", "added": "new metrics"}
    moved = [metric for metric in metrics if metric.outcome not in groups]
    if moved:
        against = f" (before: {variant.baseline})" if variant.baseline not in {None, variant.name} else ""
        rows = [(f"metric{against}", "before", "after", "difference", "judgement"), *map(metric_row, moved)]
        styles = ["dim", *(_STYLES.get(metric.outcome, "") for metric in moved)]
        for text, style in zip(columns(rows), styles, strict=True):
            yield Line(f"      {text}", style)
    for outcome, label in groups.items():
        values = [f"{metric.name} {number(metric.new)}" for metric in metrics if metric.outcome == outcome]
        if values:
            yield _labelled(label, ", ".join(values), "dim" if outcome == "same" else "")


def _facts(facts: Iterable[FactRow]) -> Iterator[Line]:
    """Yield what differs a line each, and what is as before, or on one side only, in as few as possible."""
    layout = arranged(facts)
    for fact in layout.rows:
        style = "yellow" if fact.changed else ""
        if fact.single is None and (fact.link or len(f"{fact.old}{fact.new}") > _LONG):
            yield _labelled(fact.label, fact.new, style)
            yield _labelled("", f"before: {fact.old or '-'}", "dim")
        else:
            yield _labelled(fact.label, _sides(fact), style)
    for label, others, style in (("facts", layout.alone, ""), ("as before", layout.same, "dim")):
        if others:
            yield _labelled(label, ", ".join(f"{fact.label} {_sides(fact)}" for fact in others), style)


def _sides(fact: FactRow) -> str:
    """Return a fact with its side: what only one of two versions tells is said of that one."""
    return fact.single if fact.single is not None else f"{fact.old or '-'} -> {fact.new or '-'}"


def _rest(variant: VariantChange) -> Iterator[Line]:
    for library in variant.libraries:
        kind = "" if library.kind in {"added", "removed"} else f" ({library.kind}{', MAJOR' if library.major else ''})"
        yield _labelled("library", f"{library.name}: {_pair(library.old, library.new)}{kind}")
    yield from _values("parameter", variant.params)
    yield from _values("tag", variant.tags)
    if variant.uncompared:
        yield _labelled("not compared", f"{', '.join(variant.uncompared)}: one side does not tell", "dim")


def _values(label: str, changes: Iterable[ValueChange]) -> Iterator[Line]:
    for change in changes:
        yield _labelled(label, f"{change.name}: {_pair(change.old, change.new)}")


def _pair(old: str | None, new: str | None) -> str:
    if old is None:
        return f"added {new or 'any version'}" if new is not None else "-"
    return f"{old or 'any version'} -> {'removed' if new is None else new or 'any version'}"


def _labelled(label: str, text: str | None, style: str = "") -> Line:
    return Line(f"      {label:<{_LABEL}}  {text or '-'}", style)
