"""The record of which connections the network let through or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import cloudwatch, ec2, iam

from components.aws.iam.documents import flow_logs_document
from components.aws.iam.size import text
from components.aws.iam.trust import flow_logs_trust
from components.aws.names import flow_log_group
from components.aws.stack import aws_settings
from components.aws.tags import tags

if TYPE_CHECKING:
    from mlplatform.config import Settings


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Arguments of flow logs.

    Attributes:
        settings: the stack's settings, with ``aws``.
        vpc_id: id of the VPC.
        key_arn: ARN of the key that the log group is encrypted with.

    """

    settings: Settings
    vpc_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]


class FlowLogs(pulumi.ComponentResource):
    """A flow log of a VPC into a log group of its own, and the role that writes there and nowhere else."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create log group, role and flow log.

        Args:
            name: name of the flow log and first part of the others'.
            args: what is recorded.
            opts: options of the component.

        """
        aws = aws_settings(args.settings)
        group_name = flow_log_group(aws)
        super().__init__("mlplatform:aws:FlowLogs", name, {"logGroup": group_name}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        group = cloudwatch.LogGroup(
            name,
            name=group_name,
            retention_in_days=aws.network.flow_log_retention_days,
            kms_key_id=args.key_arn,
            tags=tags(args.settings),
            opts=inside,
        )
        role = iam.Role(
            name,
            assume_role_policy=text(flow_logs_trust(aws.region, aws.account_id)),
            description=f"VPC flow logs write to {group_name}",
            tags=tags(args.settings),
            opts=inside,
        )
        policy = iam.Policy(
            name,
            policy=text(flow_logs_document(aws.region, aws.account_id, group_name)),
            description=f"Writing to {group_name}",
            tags=tags(args.settings),
            opts=inside,
        )
        attachment = iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy.arn, opts=inside)
        ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            # Refused connections show who tries, accepted ones who succeeded.
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=tags(args.settings, name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[attachment]),
        )
        self.register_outputs({})
