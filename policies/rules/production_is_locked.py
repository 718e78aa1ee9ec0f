"""Production serves what was reviewed, not what an alias stands for when somebody runs ``up``.

Advisory: a production stack that creates the very MLflow whose registry it reads has nothing to lock before the first
``up`` (decision record 14), and to be told so must not keep anybody from it. Who wants it for certain raises the level
in the configuration of the pack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    if args.props.get("environment") != "production":
        return
    registry = args.props.get("registry")
    mode = registry.get("mode") if isinstance(registry, Mapping) else None
    if mode != "locked":
        yield (
            f"registry.mode is '{mode or 'live'}' in production: an alias that moves between review and up ships a "
            "version that nobody saw; lock the models (mlplatform lock) and set locked"
        )


RULE = Rule(
    name="production-is-locked",
    description="A production stack serves locked versions, so that no alias can move between review and up.",
    reason="An alias that moves between review and up ships a version that nobody saw.",
    source="decision record 18",
    fix="Lock the models (mlplatform lock) and set registry.mode to locked.",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    resource_types=("mlplatform:serving:ModelDeployments",),
    check=_check,
)
