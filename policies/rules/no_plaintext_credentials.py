"""Credentials live in Secrets, never in plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.credentials import Finding, credentials_in
from policies.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_policy.proxy import UnknownValueError

_SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type token


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    unknowns: list[UnknownValueError] = []
    for finding in credentials_in(args.props, unknowns):
        yield _message(finding)
    if unknowns:
        raise unknowns[0]


def _message(finding: Finding) -> str:
    # The path only: a policy sees secrets in plain text, a report must not.
    if finding.kind is None:
        return f"{finding.path} is a credential in plain text; use valueFrom.secretKeyRef of a Secret"
    return f"{finding.path} holds {finding.kind} in plain text; keep it in a Secret and refer to that"


RULE = Rule(
    name="no-plaintext-credentials",
    description="No password, token or key stands in plain text in an object other than a Secret, or in Helm values.",
    reason="Whoever reads the object, the state or a log has the credential, and nobody can rotate it in one place.",
    source="Kubernetes, Good practices for Kubernetes Secrets",
    url="https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    fix="Keep the credential in a Secret and refer to it by valueFrom.secretKeyRef.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=("kubernetes:*",),
    # What renders objects in the provider: the rule sees the objects themselves.
    excluded_types=("kubernetes:yaml*", "kubernetes:kustomize*", _SECRET_TYPE),
    check=_check,
)
