"""What AWS's own services must be allowed for something to be made; moto makes it without asking."""

import json

from tests.aws.iam_evaluator import Request, allows
from tests.aws.inputs import UnknownInputError


def taken_by(account, role_arn, service, source=None):
    """Return a role's ARN, which must be there and let a service take it (iam:PassRole alone is not enough).

    Args:
        account: where.
        role_arn: the role.
        service: the service's principal, ``eks.amazonaws.com``.
        source: ARN of what the service acts for, where it says so.

    """
    role = account.iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
    if role["Arn"] != role_arn:
        raise UnknownInputError(f"there is no role {role_arn}")
    context = {"aws:SourceAccount": account.id, "aws:SourceArn": source} if source else {}
    request = Request(action="sts:AssumeRole", resource=role_arn, principal=service, context=context)
    if not allows(request, resource=role["AssumeRolePolicyDocument"], resource_account=account.id):
        raise UnknownInputError(f"the role {role_arn} does not let {service} take it")
    return role_arn


def with_policy(account, role_arn, policy):
    """Refuse a role without one of AWS's policies, which EKS asks for by name."""
    name = role_arn.rpartition("/")[2]
    attached = account.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    if policy not in {entry["PolicyName"] for entry in attached}:
        raise UnknownInputError(f"the role {role_arn} has no {policy} (yet)")
    return role_arn


def encrypts_logs(account, key, group):
    """Refuse a key that CloudWatch Logs may not use for a log group ("Encrypt log data using AWS KMS")."""
    arn = account.kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    policy = json.loads(account.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    group_arn = f"arn:aws:logs:{account.region}:{account.id}:log-group:{group}"
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"):
        request = Request(
            action=action,
            resource=arn,
            principal=f"logs.{account.region}.amazonaws.com",
            context={"kms:EncryptionContext:aws:logs:arn": group_arn},
        )
        if not allows(request, resource=policy, resource_account=account.id):
            raise UnknownInputError(f"kmsKeyId: the key's policy does not let CloudWatch Logs do {action} for {group}")
