"""Every resource on AWS says which environment it belongs to, whose it is, and who pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import items
from policies.rule import Rule

_REQUIRED = ("Environment", "Owner", "CostCentre")
# Of the types that a stack has, those that AWS can tag.
_TAGGABLE = (
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
)
_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
# What a launch template starts; the tags of the template itself do not reach it.
_STARTED = ("instance", "volume")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    if missing := _missing(args.props.get("tags")):
        yield f"tags lacks {', '.join(missing)}; give every resource all of {', '.join(_REQUIRED)}"
    if args.resource_type == _LAUNCH_TEMPLATE:
        specifications = items(args.props.get("tagSpecifications"))
        tags = {specification.get("resourceType"): specification.get("tags") for specification in specifications}
        for kind in _STARTED:
            if missing := _missing(tags.get(kind)):
                yield f"tagSpecifications of {kind} lack {', '.join(missing)}; tag what is started, too"


def _missing(tags: Any) -> list[str]:
    given = tags if isinstance(tags, Mapping) else {}
    return [key for key in _REQUIRED if not given.get(key)]


RULE = Rule(
    name="aws-resource-is-tagged",
    description="Every AWS resource is tagged with its environment, owner and cost centre.",
    reason="Without tags nobody can tell what a cost, an alarm or a leftover belongs to.",
    source="AWS, Best Practices for Tagging AWS Resources",
    url="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    fix=(
        "Give the provider default tags, or the resource tags, with all three keys; a launch template also tags "
        "what it starts."
    ),
    severity=Severity.LOW,
    level=EnforcementLevel.MANDATORY,
    resource_types=_TAGGABLE,
    check=_check,
)
