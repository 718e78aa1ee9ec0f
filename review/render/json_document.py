"""The report as the JSON object of ``report.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review.values import NOT_COMPARED, shown
from review.wire import SECRET_TEXT

if TYPE_CHECKING:
    from review.report import Report

SCHEMA_VERSION = 1


def report_document(report: Report) -> dict[str, Any]:
    """Return the report as the JSON object of ``report.schema.json``."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "stack": report.stack,
        "models": [
            {
                "name": model.name,
                "registeredModel": model.registered_model,
                "alias": model.alias,
                "version": model.version,
                "previousVersion": model.previous_version,
                "storageUri": model.storage_uri,
                "digest": model.digest,
                "serving": model.serving,
                "runtime": model.runtime,
                "namespace": model.namespace,
            }
            for model in report.models
        ],
        "resources": [
            {
                "urn": resource.urn,
                "type": resource.type,
                "name": resource.name,
                "op": resource.op,
                "diff": [
                    {"path": change.path, "old": shown(change.old), "new": shown(change.new)}
                    for change in resource.changes
                ]
                + [{"path": path, "old": SECRET_TEXT, "new": NOT_COMPARED} for path in resource.uncompared],
            }
            for resource in report.resources
        ],
        "policies": [
            {
                "policy": verdict.policy,
                "level": verdict.level,
                "urn": verdict.urn,
                "outcome": verdict.outcome,
                "message": verdict.message,
            }
            for verdict in report.policies
        ],
        "errors": [{"file": problem.file, "key": problem.key, "message": problem.message} for problem in report.errors],
    }
