"""No pod gets the credentials of its node: the metadata service asks for a token (IMDSv2) and answers one hop away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    given = args.props.get("metadataOptions")
    options = given if isinstance(given, Mapping) else {}
    if options.get("httpEndpoint") == "disabled":
        return
    if options.get("httpTokens") != "required":
        yield "metadataOptions.httpTokens is not required: IMDSv1 answers whoever asks; set it"
    if options.get("httpPutResponseHopLimit") != 1:
        yield "metadataOptions.httpPutResponseHopLimit is not 1, so pods reach the node's role; set it"


RULE = Rule(
    name="instance-metadata-is-protected",
    description="Instances demand IMDSv2 and answer no pod.",
    reason="A pod that reaches the metadata service acts with the rights of its node.",
    source=(
        "Amazon EKS Best Practices Guide, Identity and Access Management: restrict access to the instance profile "
        "assigned to the worker node"
    ),
    url="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    fix="Set httpTokens to required and httpPutResponseHopLimit to 1.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=("aws:ec2/instance:Instance", "aws:ec2/launchTemplate:LaunchTemplate"),
    check=_check,
)
