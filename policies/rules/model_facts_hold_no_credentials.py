"""What a run recorded of a model holds no credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.credentials import credentials_in
from policies.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_policy.proxy import UnknownValueError


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    unknowns: list[UnknownValueError] = []
    for finding in credentials_in(args.props, unknowns):
        yield f"{finding.path} holds {finding.kind or 'a credential'}, which the registry shows to all its readers"
    if unknowns:
        raise unknowns[0]


RULE = Rule(
    name="model-facts-hold-no-credentials",
    description="No parameter, tag, metric name or requirement line of a served model holds a password, token or key.",
    reason="MLflow keeps parameters for ever and shows them to everybody; reports leave them out, it does not.",
    source="decision record 27",
    fix="Rotate the credential, delete the run or tag, and log the model without it.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
    resource_types=("mlplatform:serving:ModelDeployment",),
    check=_check,
)
