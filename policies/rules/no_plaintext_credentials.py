"""Credentials live in Secrets, never in plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity
from pulumi_policy.proxy import UnknownValueError

from policies.objects import KUBERNETES_OBJECTS, NOT_OBJECTS, texts, walk
from policies.rule import Rule

_SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type token
_CREDENTIAL_NAME = re.compile(
    r"(password|passwd|passphrase|pwd|_pass|secret|token|api_?key|access_?key(_id)?|secret_?key|private_?key|credential)s?$",
    re.IGNORECASE,
)
# MAX_TOKENS=512, VERIFY_TOKEN=true
_HARMLESS_VALUE = re.compile(r"\d{0,6}|true|false", re.IGNORECASE)
_CREDENTIAL_VALUES = {
    "a password or token as an argument": re.compile(
        r"(?:^|\s)--?[\w-]*(?:password|passwd|secret|token|api-?key)[= ](?!\$)\S+", re.IGNORECASE
    ),
    "an AWS access key id": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    # A script's ${VARIABLE} stands for a password that is somewhere else.
    "a URL with a password": re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$\{?[A-Z_][A-Z0-9_]*\}?@)[^/\s@]+@"),
}


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    # Messages name the path only: a policy sees secrets in plain text, a report must not.
    unknowns: list[UnknownValueError] = []
    for path in sorted({*_named(args.props), *_config_map(args)}):
        yield f"{path} is a credential in plain text; use valueFrom.secretKeyRef of a Secret"
    for path, text in texts(args.props, unknowns):
        for kind, pattern in _CREDENTIAL_VALUES.items():
            if pattern.search(text):
                yield f"{path} holds {kind} in plain text; keep it in a Secret and refer to that"
    if unknowns:
        raise unknowns[0]


def _named(properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of environment variables named like a credential that have a literal value."""
    for path, value in walk(properties, unknowns=[]):
        name = _known(value, "name") if isinstance(value, Mapping) else None
        if not isinstance(name, str):
            continue
        if _CREDENTIAL_NAME.search(name) and not _HARMLESS_VALUE.fullmatch(str(_known(value, "value") or "")):
            yield f"{path}.value ({name})"


def _config_map(args: ResourceValidationArgs) -> Iterator[str]:
    data = _known(args.props, "data")
    if args.resource_type == "kubernetes:core/v1:ConfigMap" and isinstance(data, Mapping):
        for key in data:
            if not _HARMLESS_VALUE.fullmatch(str(_known(data, key) or "")) and _CREDENTIAL_NAME.search(
                key.replace("-", "_").replace(".", "_")
            ):
                yield f"data.{key}"


def _known(mapping: Mapping[str, Any], key: str) -> Any:
    """Return a value, ``None`` where there is none or it is not known yet: the walk over all texts meets it, too."""
    try:
        return mapping.get(key)
    except UnknownValueError:
        return None


RULE = Rule(
    name="no-plaintext-credentials",
    description="No password, token or key stands in plain text in an object other than a Secret.",
    reason="Whoever reads the object, the state or a log has the credential, and nobody can rotate it in one place.",
    source="Kubernetes, Good practices for Kubernetes Secrets",
    url="https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    fix="Keep the credential in a Secret and refer to it by valueFrom.secretKeyRef.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=KUBERNETES_OBJECTS,
    excluded_types=(*NOT_OBJECTS, _SECRET_TYPE),
    check=_check,
)
