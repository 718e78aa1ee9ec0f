"""The words that a report has for served models, the same in every form."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlplatform.registry.facts.views import facts_with_aspect
from mlplatform.review.models.change import DEFAULT
from mlplatform.review.render.numbers import difference, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.review.models.change import (
        DeploymentChange,
        MetricChange,
        Outcome,
        SignatureChange,
        VariantChange,
    )
    from mlplatform.review.models.side import Side
    from mlplatform.review.report import ReviewedModel

_OUTCOMES: tuple[Outcome, ...] = ("worse", "better", "changed", "removed", "added", "same")
BREAKING = "BREAKING"


def marks(model: ReviewedModel, arrow: str = "->") -> list[str]:
    """Return what a reviewer must not miss of a model, loudest first."""
    change = model.change
    worse = [metric.name for variant in change.variants for metric in variant.metrics if metric.outcome == "worse"]
    levels = {verdict.level for verdict in model.verdicts if verdict.outcome == "violated"}
    words = ["bytes that were not reviewed"] if model.unreviewed else []
    words += [BREAKING] if change.breaking else []
    words += [_artifact(change)] if "artifact" in change.aspects else []
    words += ["another registered model"] if "model" in change.aspects else []
    words += ["policy violated"] if levels - {"advisory"} else ["advisory policy violated"] if levels else []
    words += [f"worse: {', '.join(dict.fromkeys(worse))}"] if worse else []
    words += ["older version"] if change.older else []
    for variant in change.variants:
        words += _variant_marks(variant, arrow)
    return list(dict.fromkeys(words))


def _artifact(change: DeploymentChange) -> str:
    other = any({"digest", "size"} & variant.changed for variant in change.variants)
    return "same version, other bytes" if other else "same version, another run"


def _variant_marks(variant: VariantChange, arrow: str) -> Iterator[str]:
    if variant.kind == "unchanged":
        return
    if variant.old and variant.new and variant.old.locked and variant.new.locked is False:
        yield "not locked any more"
    if variant.signature_missing in {"new", "both"}:
        yield "no signature"
    elif variant.signature and not variant.breaking:
        yield "signature changed, compatible"
    if variant.old and variant.new and "flavor" in variant.changed:
        yield f"flavor {variant.old.flavor} {arrow} {variant.new.flavor}"
    if major := [library.name for library in variant.libraries if library.major]:
        yield f"major: {', '.join(major)}"


def breaks(change: DeploymentChange) -> tuple[SignatureChange, int] | None:
    """Return how a deployment first breaks its callers, and in how many more ways; ``None`` where it does not."""
    breaking = [item for variant in change.variants for item in variant.signature if item.breaking]
    return (breaking[0], len(breaking) - 1) if breaking else None


def main_side(change: DeploymentChange) -> Side | None:
    """Return what the default variant is after, or was before it was retired."""
    variant = change.variants[0] if change.variants else None
    return (variant.new or variant.old) if variant else None


def steps(change: DeploymentChange, arrow: str = "->") -> str:
    """Return in a few words what happens to a deployment."""
    parts = [part for variant in change.variants if (part := _step(variant, arrow))]
    if change.kind == "changed":
        moved = list(_moved(change, arrow))
        side = main_side(change)
        if not parts and side and side.version:
            parts = [f"still {side.version}"]
        parts += moved
    return "; ".join(parts) or change.kind


def _moved(change: DeploymentChange, arrow: str) -> Iterator[str]:
    pairs = {"engine": change.serving, "runtime": change.runtime, "namespace": change.namespace}
    for label, (old, new) in pairs.items():
        if old != new:
            yield f"{label} {old or '-'} {arrow} {new or '-'}"


def _step(variant: VariantChange, arrow: str) -> str:
    name = "" if variant.name == DEFAULT else f"{variant.name}: "
    old, new = variant.old, variant.new
    if new is None:
        return f"{name}{old.version or '?'} {arrow} removed" if old else ""
    if old is None:
        share = f" at {percent(new.traffic)}" if name and new.traffic is not None else ""
        return f"{name}new {arrow} {new.version or '?'}{share}"
    changed = variant.changed
    steps_beside = [] if variant.kind == "unchanged" else list(_other_steps(old, new, changed, arrow))
    if "registered_model" in changed:
        version = f"{old.registered_model} {old.version} {arrow} {new.registered_model} {new.version}"
    elif old.version != new.version:
        version = f"{old.version or '?'} {arrow} {new.version or '?'}"
    elif variant.kind == "unchanged":
        return ""
    else:
        version = f"still {new.version or '?'}"
        steps_beside = [*_same_version(old, new, changed), *steps_beside]
    return f"{name}{', '.join([version, *steps_beside])}"


def _other_steps(old: Side, new: Side, changed: frozenset[str], arrow: str) -> Iterator[str]:
    if "alias" in changed:
        yield f"alias {old.alias or 'none'} {arrow} {new.alias or 'none'}"
    if "traffic" in changed:
        yield f"traffic {percent(old.traffic)} {arrow} {percent(new.traffic)}"


def _same_version(old: Side, new: Side, changed: frozenset[str]) -> Iterator[str]:
    """Yield what happens to a version that stays."""
    if changed & facts_with_aspect("storage"):
        if old.digest is not None and old.digest == new.digest:
            yield "same bytes"
        yield "now from its release" if "locked" in changed and new.locked else "from another place"
    elif not changed & {"alias", "traffic"}:
        yield "other facts"


def outcomes(change: DeploymentChange) -> str:
    """Return how many metrics got worse, better, ...; ``""`` where none was compared."""
    numbers = Counter(metric.outcome for variant in change.variants for metric in variant.metrics)
    return ", ".join(f"{numbers[outcome]} {outcome}" for outcome in _OUTCOMES if numbers[outcome])


def by_weight(metrics: tuple[MetricChange, ...]) -> list[MetricChange]:
    """Return the metrics, those that decide first."""
    return sorted(metrics, key=lambda metric: (_OUTCOMES.index(metric.outcome), metric.name))


def metric_row(metric: MetricChange) -> tuple[str, str, str, str, str]:
    """Return a metric's name, value before, value after, difference and judgement."""
    before, after = number(metric.old, metric.new), number(metric.new, metric.old)
    return metric.name, before, after, difference(metric), _judgement(metric)


def _judgement(metric: MetricChange) -> str:
    direction = {"higher": "higher is better", "lower": "lower is better"}.get(metric.direction or "")
    return f"{metric.outcome} ({direction})" if direction and metric.outcome in {"better", "worse"} else metric.outcome


def compatibility(change: SignatureChange) -> str:
    """Return whether a change of a signature breaks callers, loud if so."""
    return BREAKING if change.breaking else "compatible"


def missing_signature(variant: VariantChange) -> str:
    """Return which side has no signature, ``""`` where none lacks one."""
    texts = {
        "old": "none before, nothing to compare with",
        "new": "MISSING, so that nobody can say what it takes",
        "both": "missing before and after",
    }
    return texts.get(variant.signature_missing or "", "")
