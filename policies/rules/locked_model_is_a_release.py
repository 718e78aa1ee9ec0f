"""What was locked is what runs: a locked model's bytes lie under the digest that was reviewed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    # In live mode the facts say nothing of a lock, and models are served from where the registry keeps them.
    if args.resource_type != "mlplatform:serving:ModelDeployment" or args.props.get("locked") is not True:
        return
    for path, served in _variants(args.props):
        if fault := release_fault(served.get("storageUri"), served.get("digest")):
            report_violation(f"{path}storageUri {fault}; lock the model again (mlplatform lock)", None)


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


locked_model_is_a_release = ResourceValidationPolicy(
    name="locked-model-is-a-release",
    description="A locked model is served from the release of its digest: the URI ends in sha256-<hex>.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
