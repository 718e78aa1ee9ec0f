"""The report as the JSON object of ``report.schema.json``: the same facts as in the other forms, never shortened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlplatform.registry.facts.views import report_facts
from mlplatform.review.render.words import conclusion, counts
from mlplatform.review.state.display_values import NOT_COMPARED, UNKNOWN_NOT_COMPARED, with_placeholders
from mlplatform.review.state.property_values import SECRET_TEXT
from mlplatform.review.verdicts import count_rules

if TYPE_CHECKING:
    from mlplatform.review.diff.resource_diff import ResourceDiff
    from mlplatform.review.diff.stateful import Loss
    from mlplatform.review.models.change import DeploymentChange, MetricChange, VariantChange
    from mlplatform.review.models.side import Side
    from mlplatform.review.report import Report, ReviewedModel
    from mlplatform.review.verdicts import Verdict

SCHEMA_VERSION = 3


def report_document(report: Report) -> dict[str, Any]:
    """Return the report as plain data, in a fixed order."""
    verification = report.verification
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": report.stack,
        "otherStack": dict(zip(("stack", "project"), report.other_stack, strict=True)) if report.other_stack else None,
        "comparedWith": report.compared_with,
        "verdict": conclusion(report),
        "verification": {
            "mode": verification.mode,
            "verified": verification.verified,
            "reasons": list(verification.reasons),
            "notices": list(verification.notices),
            "previousMode": verification.mode_before,
        },
        "summary": _summary(report),
        "losses": [_loss(loss) for loss in report.losses],
        "models": [_model(model) for model in report.models],
        "resources": [_resource(resource) for resource in report.resources],
        "policies": [
            _verdict(verdict) for verdict in report.verdicts if report.policies_only or verdict.outcome != "passed"
        ],
        "errors": [{"file": problem.file, "key": problem.key, "message": problem.text} for problem in report.errors],
    }


def _summary(report: Report) -> dict[str, Any]:
    kinds = [model.change.kind for model in report.models]
    return {
        "models": {kind: kinds.count(kind) for kind in ("new", "retired", "changed", "unchanged")}
        | {
            "breaking": sum(model.change.breaking for model in report.models),
            "worse": sum(model.change.worse for model in report.models),
            "older": sum(model.change.older for model in report.models),
            "unreviewed": sum(model.unreviewed for model in report.models),
        },
        "resources": counts(report),
        "unlisted": report.unlisted,
        "policies": count_rules(report.verdicts),
    }


def _loss(loss: Loss) -> dict[str, Any]:
    resource = loss.resource
    return {
        "urn": resource.urn, "type": resource.type, "name": resource.name, "way": loss.way, "what": loss.what,
        "refused": resource.refused, "reasons": list(resource.replace_reasons),
    }  # fmt: skip


def _model(model: ReviewedModel) -> dict[str, Any]:
    change = model.change
    variant = change.variants[0] if change.variants else None
    old, new = (variant.old, variant.new) if variant else (None, None)
    side = new or old
    return {
        "name": change.name,
        "kind": change.kind,
        "aspects": sorted(change.aspects),
        "breaking": change.breaking,
        "worse": change.worse,
        "older": change.older,
        "unreviewed": model.unreviewed,
        "unreviewedBefore": model.unreviewed_before,
        "registeredModel": side.registered_model if side else None,
        "alias": side.alias if side else None,
        "version": new.version if new else None,
        "previousVersion": old.version if old else None,
        "storageUri": side.storage_uri if side else None,
        "digest": side.digest if side else None,
        "serving": _now(change, change.serving),
        "runtime": _now(change, change.runtime),
        "namespace": _now(change, change.namespace),
        "previous": {
            "serving": change.serving[0],
            "runtime": change.runtime[0],
            "namespace": change.namespace[0],
        },
        "variants": [_variant(variant) for variant in change.variants],
        "policies": [_verdict(verdict) for verdict in model.verdicts],
    }


def _now(change: DeploymentChange, pair: tuple[str | None, str | None]) -> str | None:
    return pair[0] if change.kind == "retired" else pair[1]


def _variant(variant: VariantChange) -> dict[str, Any]:
    return {
        "name": variant.name,
        "kind": variant.kind,
        "before": _side(variant.old),
        "after": _side(variant.new),
        "baseline": variant.baseline,
        "metrics": [_metric(metric) for metric in variant.metrics],
        "params": [{"name": param.name, "before": param.old, "after": param.new} for param in variant.params],
        "tags": [{"name": tag.name, "before": tag.old, "after": tag.new} for tag in variant.tags],
        "signature": [asdict(change) for change in variant.signature],
        "signatureMissing": variant.signature_missing,
        "libraries": [
            {"name": item.name, "before": item.old, "after": item.new, "kind": item.kind, "major": item.major}
            for item in variant.libraries
        ],
        "uncompared": list(variant.uncompared),
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    return None if side is None else {fact.key: side.values.get(fact.name) for fact in report_facts()}


def _metric(metric: MetricChange) -> dict[str, Any]:
    return {
        "name": metric.name,
        "before": metric.old,
        "after": metric.new,
        "difference": metric.difference,
        "direction": metric.direction,
        "outcome": metric.outcome,
    }


def _resource(resource: ResourceDiff) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "op": resource.op,
        "formerCopy": resource.pending,
        "replaceReasons": list(resource.replace_reasons),
        "initErrors": list(resource.init_errors),
        # Of a new resource everything differs.
        "inputs": with_placeholders(dict(resource.new.inputs)) if resource.op == "create" and resource.new else None,
        "diff": [
            {"path": change.path, "old": with_placeholders(change.old), "new": with_placeholders(change.new)}
            for change in resource.changes
        ]
        + [{"path": path, "old": SECRET_TEXT, "new": NOT_COMPARED} for path in resource.uncompared]
        + [{"path": path, "old": None, "new": UNKNOWN_NOT_COMPARED} for path in resource.unseen],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "policy": verdict.policy,
        "level": verdict.level,
        "urn": verdict.urn,
        "outcome": verdict.outcome,
        "message": verdict.message,
    }
