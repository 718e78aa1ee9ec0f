"""Namespaces enforce a Pod Security standard."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

_LABEL = "pod-security.kubernetes.io/enforce"
_ACCEPTED = ("baseline", "restricted")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != "kubernetes:core/v1:Namespace":
        return
    metadata = args.props.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    level = labels.get(_LABEL) if isinstance(labels, Mapping) else None
    if level not in _ACCEPTED:
        shown = f"is '{level}'" if level else "is missing"
        report_violation(f'metadata.labels["{_LABEL}"] {shown}; use {" or ".join(_ACCEPTED)}', None)


namespace_has_pod_security_label = ResourceValidationPolicy(
    name="namespace-has-pod-security-label",
    description="Every namespace enforces the Pod Security standard baseline or restricted.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
