"""A served model says what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != "mlplatform:serving:ModelDeployment":
        return
    signature = args.props.get("signature")
    if not isinstance(signature, Mapping) or not signature.get("inputs"):
        model, version = args.props.get("registeredModel"), args.props.get("version")
        report_violation(
            f"model {model} version {version} has no signature with inputs; log it with signature= or input_example=",
            None,
        )


model_has_signature = ResourceValidationPolicy(
    name="model-has-signature",
    description="Every served model version has a signature, so that a change of its interface can be seen.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
