"""Namespaces enforce a Pod Security standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule

_LABEL = "pod-security.kubernetes.io/enforce"
_ACCEPTED = ("baseline", "restricted")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    metadata = args.props.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    level = labels.get(_LABEL) if isinstance(labels, Mapping) else None
    if level not in _ACCEPTED:
        state = f"is '{level}'" if level else "is missing"
        yield f'metadata.labels["{_LABEL}"] {state}; use {" or ".join(_ACCEPTED)}'


RULE = Rule(
    name="namespace-has-pod-security-label",
    description="Every namespace enforces the Pod Security standard baseline or restricted.",
    reason="A namespace without the label takes privileged pods, which own the node.",
    source="Kubernetes, Pod Security Standards",
    url="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    fix="Label the namespace restricted, or baseline where its pods need more (decision record 4).",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=("kubernetes:core/v1:Namespace",),
    check=_check,
)
