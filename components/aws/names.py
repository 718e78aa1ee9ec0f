"""Names that AWS limits: which there are, and whether they fit. Pure.

What others refer to by name has a name that is known before it exists: the cluster, buckets, key aliases, log groups
and the releaser's role. Everything else is named by Pulumi after its logical name, so that it can be replaced; a
logical name that does not fit would be refused in the middle of an update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.aws.log_groups import database_identifier
from components.aws.stack import aws_settings
from components.aws.training_accounts import jobs_without_access
from mlplatform.config import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config import Settings
    from mlplatform.config.aws import AwsSection

# What Pulumi adds to a logical name: a hyphen and seven hexadecimal digits.
# https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
AUTO = 8


# Type -> what it is, and the most characters of its name. Sources: the API references of IAM (CreateRole,
# CreatePolicy), EKS (CreateCluster, CreateNodegroup), EC2 (CreateLaunchTemplate, CreateSecurityGroup), RDS
# (CreateDBInstance, CreateDBSubnetGroup, CreateDBParameterGroup), KMS (CreateAlias) and CloudWatch Logs
# (CreateLogGroup); Amazon S3 User Guide, "General purpose bucket naming rules".
LIMITS = {
    "aws:cloudwatch/logGroup:LogGroup": ("a log group", 512),
    "aws:ec2/launchTemplate:LaunchTemplate": ("a launch template", 128),
    "aws:ec2/securityGroup:SecurityGroup": ("a security group", 255),
    "aws:eks/cluster:Cluster": ("an EKS cluster", 100),
    "aws:eks/nodeGroup:NodeGroup": ("a node group", 63),
    "aws:iam/policy:Policy": ("an IAM policy", 128),
    "aws:iam/role:Role": ("an IAM role", 64),
    "aws:kms/alias:Alias": ("a key alias", 256),
    "aws:rds/instance:Instance": ("an RDS instance", 63),
    "aws:rds/parameterGroup:ParameterGroup": ("a parameter group", 255),
    "aws:rds/subnetGroup:SubnetGroup": ("a subnet group", 255),
    "aws:s3/bucket:Bucket": ("a bucket", 63),
}


@dataclass(frozen=True, kw_only=True)
class Name:
    """One name, and the setting that makes it as long as it is.

    Attributes:
        type: Pulumi's type token of what bears it, one of :data:`LIMITS`.
        name: the name; a logical one where ``auto``.
        key: key path of the setting to change.
        auto: whether Pulumi adds to it.

    """

    type: str
    name: str
    key: str
    auto: bool = True


def key_alias(aws: AwsSection, purpose: str) -> str:
    """Return the alias of the key of a purpose."""
    return f"alias/{aws.prefix}-{purpose}"


def flow_log_group(aws: AwsSection) -> str:
    """Return the log group of the VPC's flow logs."""
    return f"/aws/vpc-flow-logs/{aws.prefix}"


def releaser_role(aws: AwsSection) -> str:
    """Return the name of the releaser's role: people name it in their profiles, the release bucket in its policy.

    Roles are global; a stack of the same prefix in another region has another one.
    """
    return f"{aws.prefix}-releaser-{aws.region}"


def role_arn(aws: AwsSection, role: str) -> str:
    """Return the ARN of a role of the stack's account, by its name."""
    return f"arn:aws:iam::{aws.account_id}:role/{role}"


def node_group(aws: AwsSection, group: str) -> str:
    """Return the logical name of a node group and its launch template."""
    return f"{aws.prefix}-{group}"


def model_reader(aws: AwsSection, namespace: str) -> str:
    """Return the logical name of the role of a namespace's model servers."""
    return f"{aws.prefix}-{namespace}-models"


def training(aws: AwsSection, namespace: str, account: str) -> str:
    """Return the logical name of the role of a training account; no name of Kubernetes has a dot that could be this."""
    return f"{aws.prefix}-{namespace}.{account}"


def names(settings: Settings) -> Iterator[Name]:
    """Yield the names that the settings make as long as they are.

    Names that are the prefix with a word of this code's behind it are none of them: the prefix has twenty characters at
    most, the words are short, and a test measures them.

    Args:
        settings: the stack's settings, with ``aws``.

    """
    aws = aws_settings(settings)
    for number, group in enumerate(aws.node_groups):
        key = f"aws.nodeGroups[{number}].name"
        yield Name(type="aws:eks/nodeGroup:NodeGroup", name=node_group(aws, group.name), key=key)
        yield Name(type="aws:ec2/launchTemplate:LaunchTemplate", name=node_group(aws, group.name), key=key)
    for number, model in enumerate(settings.models):
        key = f"models[{number}].namespace"
        yield Name(type="aws:iam/role:Role", name=model_reader(aws, model.namespace), key=key)
    for number, job in jobs_without_access(settings):
        key = f"training[{number}].serviceAccount"
        yield Name(type="aws:iam/role:Role", name=training(aws, job.namespace, job.service_account), key=key)
    if settings.mlflow is not None and settings.mlflow.database.kind == "rds":
        key, name = "mlflow.database.name", database_identifier(settings)
        yield Name(type="aws:rds/instance:Instance", name=name, key=key, auto=False)


def name_problems(settings: Settings, file: str) -> list[Problem]:
    """Return a problem for each setting that makes a name too long; none without ``aws``.

    Args:
        settings: the stack's settings.
        file: name of the stack file.

    """
    if settings.aws is None:
        return []
    return list(
        dict.fromkeys(
            Problem(file=file, key=name.key, message=message)
            for name in names(settings)
            if (message := too_long(name.type, name.name, auto=name.auto))
        )
    )


def too_long(type_: str, name: str, *, auto: bool) -> str:
    """Return what is wrong with a name, empty where it fits.

    Args:
        type_: Pulumi's type token of what bears it; unlimited where :data:`LIMITS` has none.
        name: the name; a logical one where ``auto``.
        auto: whether Pulumi adds to it.

    """
    what, most = LIMITS.get(type_, ("", len(name) + AUTO))
    left = most - AUTO if auto else most
    if len(name) <= left:
        return ""
    added = f", {AUTO} of which Pulumi adds" if auto else ""
    return (
        f"makes '{name}' the name of {what}, which has at most {most} characters{added}; "
        f"shorten it by {len(name) - left}"
    )
