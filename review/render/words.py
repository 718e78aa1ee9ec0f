"""The words of a report, the same in text and markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from review.render.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review.models.change import DeploymentChange, MetricChange, Outcome, SignatureChange, VariantChange
    from review.report import Report, ReviewedModel
    from review.stateful import Loss
    from review.verification import Verification

_OUTCOMES: tuple[Outcome, ...] = ("worse", "better", "changed", "removed", "added", "same")
BREAKING = "BREAKING"
UNVERIFIED = "UNVERIFIED: what would be served could not be verified in full"


def count(number: int, word: str, words: str = "") -> str:
    """Return ``1 model``, ``2 models``."""
    return f"{number} {word if number == 1 else words or word + 's'}"


def verdict(report: Report) -> str:
    """Return the whole report in one sentence."""
    if report.errors and not report.resources:
        return f"nothing was planned: {count(len(report.errors), 'error')}"
    if report.policies_only:
        return _of_policies(report) or "no policies"
    parts = ["UNVERIFIED"] if report.verification.verified is False else []
    parts += [*_of_models(report), *_of_losses(report), *_of_infrastructure(report), _of_policies(report)]
    if report.errors:
        parts.append(f"the update would be refused ({count(len(report.errors), 'error')})")
    return ", ".join(part for part in parts if part)


def _of_models(report: Report) -> Iterator[str]:
    changed = report.changed_models
    if not changed:
        yield "no model changes" if report.differs else "nothing changes"
        return
    kinds = Counter(model.change.kind for model in changed)
    marks = [(kinds["new"], "new"), (kinds["retired"], "retired")]
    marks += [(sum(model.change.breaking for model in changed), "breaking")]
    marks += [(sum(model.change.worse for model in changed), "with worse metrics")]
    told = ", ".join(f"{number} {word}" for number, word in marks if number)
    verb = "changes" if len(changed) == 1 else "change"
    yield f"{count(len(changed), 'model')} {verb}" + (f" ({told})" if told else "")


def _of_losses(report: Report) -> Iterator[str]:
    ways = Counter(loss.way for loss in report.losses)
    if ways["delete"]:
        yield count(ways["delete"], "STATEFUL deletion")
    if ways["replace"]:
        yield count(ways["replace"], "STATEFUL replacement")
    if ways["forget"]:
        yield f"{count(ways['forget'], 'stateful resource')} forgotten"


def _of_infrastructure(report: Report) -> Iterator[str]:
    stateful = {loss.resource.urn for loss in report.losses}
    number = sum(resource.urn not in stateful for resource in report.infrastructure)
    if number:
        other = "other " if stateful else ""
        yield count(number, f"{other}infrastructure change")


def _of_policies(report: Report) -> str:
    violated = [verdict for verdict in report.policies if verdict.outcome == "violated"]
    hard = sum(verdict.level != "advisory" for verdict in violated)
    if violated:
        soft = len(violated) - hard
        kinds = [f"{hard} MANDATORY" if hard else "", f"{soft} advisory" if soft else ""]
        return f"{count(len(violated), 'policy violation')} ({', '.join(filter(None, kinds))})"
    undecided = sum(verdict.outcome == "undecided" for verdict in report.policies)
    if undecided:
        return f"policies pass, {count(undecided, 'verdict')} undecided"
    return "policies pass" if report.policies else ""


def counts(report: Report) -> dict[str, int]:
    """Return operation -> number of resources, ``same`` with those that are not listed."""
    found = Counter(resource.op for resource in report.resources)
    return {op: found[op] for op in ("create", "update", "replace", "delete")} | {
        "same": found["same"] + report.unlisted
    }


def marks(model: ReviewedModel, arrow: str = "->") -> list[str]:
    """Return what a reviewer must not miss of a model, loudest first."""
    change = model.change
    worse = [metric.name for variant in change.variants for metric in variant.metrics if metric.outcome == "worse"]
    violated = any(verdict.outcome == "violated" for verdict in model.verdicts)
    found = [BREAKING] if change.breaking else []
    found += ["same version, other bytes"] if "artifact" in change.aspects else []
    found += ["another registered model"] if "model" in change.aspects else []
    found += ["policy violated"] if violated else []
    found += [f"worse: {', '.join(dict.fromkeys(worse))}"] if worse else []
    for variant in change.variants:
        found += _variant_marks(variant, arrow)
    return list(dict.fromkeys(found))


def _variant_marks(variant: VariantChange, arrow: str) -> Iterator[str]:
    if variant.kind == "unchanged":
        return
    if variant.signature_missing in {"new", "both"}:
        yield "no signature"
    elif variant.signature and not variant.breaking:
        yield "signature changed, compatible"
    if variant.old and variant.new and "flavor" in variant.changed:
        yield f"flavor {variant.old.flavor} {arrow} {variant.new.flavor}"
    if major := [library.name for library in variant.libraries if library.major]:
        yield f"major: {', '.join(major)}"


def provenance(verification: Verification) -> str:
    """Return where the versions come from, and whether that was verified; ``""`` where nobody tells."""
    if verification.mode == "live":
        return "Live: the versions were resolved from the registry for this preview, and are again by the update."
    if verification.mode == "locked" and verification.verified:
        return "Locked: the versions are those of the lock files, verified."
    return ""


def steps(change: DeploymentChange, arrow: str = "->") -> str:
    """Return in a few words what happens to a deployment."""
    parts = [_step(variant, arrow) for variant in change.variants]
    parts = [part for part in parts if part]
    if change.kind == "changed":
        parts += [f"{was or '-'} {arrow} {now or '-'}" for was, now in _moved(change)]
    return "; ".join(parts) or {"new": "new", "retired": "retired", "unchanged": "unchanged"}.get(change.kind, "facts")


def _moved(change: DeploymentChange) -> Iterator[tuple[str | None, str | None]]:
    for pair in (change.serving, change.runtime, change.namespace):
        if pair[0] != pair[1]:
            yield pair


def _step(variant: VariantChange, arrow: str) -> str:
    name = "" if variant.name == "default" else f"{variant.name}: "
    old, new = variant.old, variant.new
    traffic = ""
    if old and new and old.traffic != new.traffic and None not in {old.traffic, new.traffic}:
        traffic = f"traffic {percent(old.traffic)} {arrow} {percent(new.traffic)}"
    if new is None:
        return f"{name}{old.version or '?'} {arrow} removed" if old else ""
    if old is None:
        share = f" at {percent(new.traffic)}" if name and new.traffic is not None else ""
        return f"{name}new {arrow} {new.version or '?'}{share}"
    if old.registered_model != new.registered_model and None not in {old.registered_model, new.registered_model}:
        version = f"{old.registered_model} {old.version} {arrow} {new.registered_model} {new.version}"
    elif old.version != new.version:
        version = f"{old.version or '?'} {arrow} {new.version or '?'}"
    else:
        version = ""
    told = ", ".join(filter(None, [version, traffic]))
    return f"{name}{told}" if told else ""


def judgement(metric: MetricChange) -> str:
    """Return what the change of a metric means: ``worse (lower is better)``."""
    direction = {"higher": "higher is better", "lower": "lower is better"}.get(metric.direction or "")
    return f"{metric.outcome} ({direction})" if direction and metric.outcome in {"better", "worse"} else metric.outcome


def version(change: DeploymentChange) -> str:
    """Return the version that a deployment serves after, ``""`` where nobody tells."""
    side = change.variants[0].new if change.variants else None
    return (side.version or "") if side else ""


def outcomes(change: DeploymentChange) -> str:
    """Return how many metrics got worse, better, ...; ``""`` where none was compared."""
    found = Counter(metric.outcome for variant in change.variants for metric in variant.metrics)
    return ", ".join(f"{found[outcome]} {outcome}" for outcome in _OUTCOMES if found[outcome])


def by_weight(metrics: tuple[MetricChange, ...]) -> list[MetricChange]:
    """Return the metrics, those that decide first."""
    return sorted(metrics, key=lambda metric: (_OUTCOMES.index(metric.outcome), metric.name))


def compatibility(change: SignatureChange) -> str:
    """Return whether a change of a signature breaks callers, loud if so."""
    return BREAKING if change.breaking else "compatible"


def loss_way(loss: Loss) -> str:
    """Return how something stateful goes."""
    if loss.resource.refused:
        return f"{loss.resource.op}, refused: protected"
    return "leaves the stack, stays in place" if loss.way == "forget" else loss.way


def missing_signature(variant: VariantChange) -> str:
    """Return which side has no signature, ``""`` where none lacks one."""
    texts = {
        "old": "none before, nothing to compare with",
        "new": "MISSING, so that nobody can say what it takes",
        "both": "missing before and after",
    }
    return texts.get(variant.signature_missing or "", "")


def unlisted(report: Report) -> str:
    """Return what is not known of a preview that lists only what changes, ``""`` where nothing is missing."""
    if not report.unlisted:
        return ""
    told = f"{count(report.unlisted, 'resource')} more stay the same and are not listed: no policy has judged them"
    where = "" if report.verification.tracking_uri else ", and where runs can be looked at may be among them"
    return f"{told}{where}."
