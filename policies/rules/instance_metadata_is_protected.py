"""No pod gets the credentials of its node: the metadata service asks for a token (IMDSv2) and answers one hop away."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

_KINDS = ("aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/instance:Instance")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type not in _KINDS:
        return
    given = args.props.get("metadataOptions")
    options = given if isinstance(given, Mapping) else {}
    if options.get("httpEndpoint") == "disabled":
        return
    if options.get("httpTokens") != "required":
        report_violation("metadataOptions.httpTokens is not required: IMDSv1 answers whoever asks; set it", None)
    if options.get("httpPutResponseHopLimit") != 1:
        report_violation(
            "metadataOptions.httpPutResponseHopLimit is not 1, so pods reach the node's role; set it", None
        )


instance_metadata_is_protected = ResourceValidationPolicy(
    name="instance-metadata-is-protected",
    description="Instances demand IMDSv2 and answer no pod.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
