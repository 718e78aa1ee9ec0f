"""What was locked is what runs: a locked model's bytes lie under the digest that was reviewed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    # In live mode the facts say nothing of a lock, and models are served from where the registry keeps them.
    if args.props.get("locked") is not True:
        return
    for path, served in _variants(args.props):
        if fault := release_fault(served.get("storageUri"), served.get("digest")):
            yield f"{path}storageUri {fault}; lock the model again (mlplatform lock)"


def _variants(facts: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what is served: the deployment's own facts, and those of each variant."""
    yield "", facts
    variants = facts.get("variants")
    if isinstance(variants, Mapping):
        for name in variants:
            # Something that is no mapping names no release.
            yield f"variants.{name}.", variants[name] if isinstance(variants[name], Mapping) else {}


def release_fault(uri: object, digest: object) -> str | None:
    """Return why a URI is not that of the release of a digest, ``None`` when it is.

    Args:
        uri: where the model is served from.
        digest: ``sha256:<64 hex digits>``.

    """
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return "cannot be judged: the model has no digest"
    folder = digest.replace(":", "-")
    if not isinstance(uri, str) or uri.rpartition("/")[2] != folder:
        return f"is not the release of its digest: it does not end in /{folder}"
    return None


RULE = Rule(
    name="locked-model-is-a-release",
    description="A locked model is served from the release of its digest: the URI ends in sha256-<hex>.",
    reason="Bytes that lie elsewhere can be exchanged after the review.",
    source="decision record 19",
    fix="Lock the model again (mlplatform lock), so that it is served from its release.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=("mlplatform:serving:ModelDeployment",),
    check=_check,
)
