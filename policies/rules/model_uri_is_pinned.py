"""Serving objects name bytes, never a name that moves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import walk
from policies.rule import Rule

_URI_KEYS = ("storageUri", "modelUri", "uri")
_URI_VARIABLES = ("STORAGE_URI", "MODEL_URI", "MLSERVER_MODEL_URI")
# Only an MLflow client can follow these, and what it finds there changes.
_REGISTRY_SCHEMES = ("models:", "runs:", "mlflow-artifacts:", "mlflow:")
# The usual names of aliases and stages; a name that nobody uses so far cannot be told from a folder.
_MOVING_NAME = re.compile(r"latest|current|live|prod|production|stage|staging|dev|champion|challenger", re.IGNORECASE)


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    for path, uri in _uris(args):
        if fault := floating(uri):
            yield f"{path} '{uri}' {fault}; use the resolved object-store URI of one version"


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


RULE = Rule(
    name="model-uri-is-pinned",
    description="A serving object holds the resolved URI of one model version, no alias, stage or registry URI.",
    reason="A server that restarts would fetch whatever the name stands for by then.",
    source="decision record 2",
    fix="Use the resolved object-store URI of one version, as the registry gives it.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=("kubernetes:serving.kserve.io/*", "kubernetes:machinelearning.seldon.io/*"),
    check=_check,
)
