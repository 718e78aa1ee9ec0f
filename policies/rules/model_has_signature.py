"""A served model says what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    signature = args.props.get("signature")
    if not isinstance(signature, Mapping) or not signature.get("inputs"):
        model, version = args.props.get("registeredModel"), args.props.get("version")
        yield f"model {model} version {version} has no signature with inputs; log it with signature= or input_example="


RULE = Rule(
    name="model-has-signature",
    description="Every served model version has a signature, so that a change of its interface can be seen.",
    reason="Without a signature no report can say whether a new version breaks its callers.",
    source="MLflow, Model Signatures and Input Examples",
    url="https://mlflow.org/docs/latest/ml/model/signatures",
    fix="Log the model with signature= or input_example=.",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.MANDATORY,
    resource_types=("mlplatform:serving:ModelDeployment",),
    check=_check,
)
