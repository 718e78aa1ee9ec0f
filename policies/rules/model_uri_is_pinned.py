"""Serving objects name bytes, never a name that moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from .objects import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVING_GROUPS = ("serving.kserve.io/", "machinelearning.seldon.io/")
_URI_KEYS = ("storageUri", "modelUri", "uri")
_URI_VARIABLES = ("STORAGE_URI", "MODEL_URI", "MLSERVER_MODEL_URI")
# Only an MLflow client can follow these, and what it finds there changes.
_REGISTRY_SCHEMES = ("models:", "runs:", "mlflow-artifacts:", "mlflow:")
# The usual names of aliases and stages; a name that nobody uses so far cannot be told from a folder.
_MOVING_NAME = re.compile(r"latest|current|live|prod|production|stage|staging|dev|champion|challenger", re.IGNORECASE)


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not any(group in args.resource_type for group in _SERVING_GROUPS):
        return
    for path, uri in _uris(args):
        if fault := floating(uri):
            report_violation(f"{path} '{uri}' {fault}; use the resolved object-store URI of one version", None)


def _uris(args: ResourceValidationArgs) -> Iterator[tuple[str, str]]:
    for path, value in walk(args.props):
        if path.rpartition(".")[2] in _URI_KEYS and isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping) and value.get("name") in _URI_VARIABLES and isinstance(value.get("value"), str):
            yield f"{path}.value", value["value"]


def floating(uri: str) -> str | None:
    """Return why a model URI may lead to other bytes tomorrow, ``None`` when it is pinned."""
    if uri.startswith(_REGISTRY_SCHEMES):
        return "is a registry URI, which no model server can read"
    # Only the last segment: a folder above may well be named after an environment.
    last = uri.rstrip("/").rpartition("/")[2]
    return f"ends in the moving name '{last}'" if _MOVING_NAME.fullmatch(last) else None


model_uri_is_pinned = ResourceValidationPolicy(
    name="model-uri-is-pinned",
    description="A serving object holds the resolved URI of one model version, no alias, stage or registry URI.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
