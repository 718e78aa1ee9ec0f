"""Every resource on AWS says which environment it belongs to, whose it is, and who pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from .objects import items

REQUIRED = ("Environment", "Owner", "CostCentre")
# Of the types that a stack has, those that AWS can tag.
TAGGABLE = frozenset(
    {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ebs/volume:Volume",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/addon:Addon",
        "aws:eks/cluster:Cluster",
        "aws:eks/nodeGroup:NodeGroup",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:kms/key:Key",
        "aws:rds/instance:Instance",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:s3/bucket:Bucket",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
# What a launch template starts, and no tag of its own reaches.
_STARTED = ("instance", "volume")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type not in TAGGABLE:
        return
    if missing := _missing(args.props.get("tags")):
        report_violation(f"tags lacks {', '.join(missing)}; give every resource all of {', '.join(REQUIRED)}", None)
    if args.resource_type == _LAUNCH_TEMPLATE:
        specifications = items(args.props.get("tagSpecifications"))
        given = {each.get("resourceType"): each.get("tags") for each in specifications}
        for kind in _STARTED:
            if missing := _missing(given.get(kind)):
                report_violation(
                    f"tagSpecifications of {kind} lack {', '.join(missing)}; tag what is started, too", None
                )


def _missing(tags: Any) -> list[str]:
    given = tags if isinstance(tags, Mapping) else {}
    return [key for key in REQUIRED if not given.get(key)]


aws_resource_is_tagged = ResourceValidationPolicy(
    name="aws-resource-is-tagged",
    description="Every AWS resource is tagged with its environment, owner and cost centre.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
