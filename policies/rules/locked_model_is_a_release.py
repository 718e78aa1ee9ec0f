"""What was locked is what runs: a locked model's bytes lie under the digest that was reviewed, and none stay behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import KUBERNETES_OBJECTS, NOT_OBJECTS
from policies.rule import Rule
from policies.served import MODEL_DEPLOYMENT, MODEL_DEPLOYMENTS, ignored

if TYPE_CHECKING:
    from policies.ancestry import Ancestry

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _check(args: ResourceValidationArgs, ancestry: Ancestry) -> Iterator[str]:
    stack = ancestry.inputs_above(args, MODEL_DEPLOYMENTS) or {}
    registry = stack.get("registry")
    mode = registry.get("mode") if isinstance(registry, Mapping) else None
    if args.resource_type == MODEL_DEPLOYMENT:
        yield from _model_faults(args.props, stack_is_locked=mode == "locked")
        return
    facts = ancestry.inputs_above(args, MODEL_DEPLOYMENT)
    if facts is not None and (mode == "locked" or facts.get("locked") is True):
        for path in ignored(args.opts):
            yield (
                f"ignoreChanges holds '{path}': the engine would keep what is deployed there, whatever is locked; "
                "take it out"
            )


def _model_faults(facts: Mapping[str, Any], *, stack_is_locked: bool) -> Iterator[str]:
    for path, served in _variants(facts):
        if served.get("locked", facts.get("locked")) is not True:
            # In live mode the facts say nothing of a lock, and models are served from where the registry keeps them.
            if stack_is_locked:
                yield f"{path}locked is not true, but registry.mode is: no lock says what is served"
        elif fault := release_fault(served.get("storageUri"), served.get("digest")):
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
    description="A stack that is locked serves locked models alone, each from the release of its digest.",
    reason="Bytes that lie elsewhere can be exchanged after the review.",
    source="decision record 19",
    fix="Lock the model again (mlplatform lock), so that it is served from its release.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=(MODEL_DEPLOYMENT, *KUBERNETES_OBJECTS),
    excluded_types=NOT_OBJECTS,
    check_below=_check,
)
