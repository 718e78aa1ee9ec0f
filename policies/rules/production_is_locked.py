"""Production serves what was reviewed, not what an alias stands for when somebody runs ``up``.

Advisory: a production stack that creates the very MLflow whose registry it reads has nothing to lock before the first
``up`` (decision record 14), and to be told so must not keep anybody from it. Who wants it for certain raises the level
in the configuration of the pack.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != "mlplatform:serving:ModelDeployments" or args.props.get("environment") != "production":
        return
    registry = args.props.get("registry")
    mode = registry.get("mode") if isinstance(registry, Mapping) else None
    if mode != "locked":
        report_violation(
            f"registry.mode is '{mode or 'live'}' in production: an alias that moves between review and up ships a "
            "version that nobody saw; lock the models (mlplatform lock) and set locked",
            None,
        )


production_is_locked = ResourceValidationPolicy(
    name="production-is-locked",
    description="A production stack serves locked versions, so that no alias can move between review and up.",
    enforcement_level=EnforcementLevel.ADVISORY,
    validate=_validate,
)
