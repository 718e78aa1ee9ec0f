"""Who may use and manage the stack's KMS keys: key policies. Pure.

A key policy's ``Resource: "*"`` is the key that it belongs to. Sources: AWS KMS Developer Guide, "Default key policy"
and "Condition keys for AWS KMS".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.iam.shape import Document, Statement, document, exact, through_s3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What an administrator does with a symmetric key and its aliases, by name. AWS's default policy has kms:* here;
# what a later KMS can do in addition, nobody may do with these keys before it stands here.
_MANAGEMENT = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
_CRYPTOGRAPHY = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]
# What EC2 does for those who use a key.
KEY_USE = [*_CRYPTOGRAPHY, "kms:DescribeKey"]


def account_key_policy(account: str) -> Document:
    """Return the policy of a key that IAM policies of its account decide about (EKS secrets).

    The account stands for no person: a user or role needs the right in a policy of its own, too. Without this statement
    nobody could ever change the key again.
    """
    return document([_account(account)])


def data_key_policy(account: str, region: str, readers: Mapping[str, Sequence[str]] | None = None) -> Document:
    """Return the policy of the key of the buckets and the database.

    Args:
        account: the key's account.
        region: the key's region.
        readers: bucket -> ARNs of roles of other stacks or accounts that read it; they decrypt by way of S3 only, and
            nothing but that bucket's objects.

    Raises:
        ValueError: a reader that stands for more than one principal.

    """
    grants = [_reader(bucket, arns, region=region) for bucket, arns in sorted((readers or {}).items()) if arns]
    return document([_account(account), *grants])


def volumes_key_policy(account: str, region: str) -> Document:
    """Return the policy of the key of EBS volumes: who in the account may create a volume or an instance uses it.

    That is the policy of the key ``aws/ebs``, which AWS keeps. The role that starts the nodes of an Auto Scaling group
    is linked to that service and may not exist before the first group does, so it cannot be named here.

    Source: Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes".
    """
    here = {"kms:CallerAccount": account, "kms:ViaService": f"ec2.{region}.amazonaws.com"}
    return document(
        [
            _account(account),
            {
                "Sid": "VolumesOfThisAccount",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": KEY_USE,
                "Resource": "*",
                "Condition": {"StringEquals": here},
            },
            {
                "Sid": "AttachmentsOfThisAccount",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:CreateGrant"],
                "Resource": "*",
                # Grants for EC2 to attach a volume, none for other principals.
                "Condition": {"StringEquals": here, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            },
        ]
    )


def logs_key_policy(account: str, region: str, log_groups: Sequence[str]) -> Document:
    """Return the policy of the key of CloudWatch log groups.

    Source: Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".

    Args:
        account: the key's account.
        region: the key's region.
        log_groups: names of the groups; a star is allowed where a part of a name is not known beforehand.

    Raises:
        ValueError: no group.

    """
    if not log_groups:
        raise ValueError("a key of log groups without one; name the log groups")
    return document(
        [
            _account(account),
            {
                "Sid": "TheseLogGroups",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                # A look at the key has no encryption context, so a condition on it would never let it through.
                "Action": _CRYPTOGRAPHY,
                "Resource": "*",
                "Condition": {
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": [
                            f"arn:aws:logs:{region}:{account}:log-group:{name}" for name in sorted(set(log_groups))
                        ]
                    }
                },
            },
        ]
    )


def _account(account: str) -> Statement:
    exact("the account", account)
    return {
        "Sid": "PoliciesOfThisAccount",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": sorted([*_MANAGEMENT, *KEY_USE]),
        "Resource": "*",
    }


def _reader(bucket: str, readers: Sequence[str], *, region: str) -> Statement:
    exact("the reader", *readers)
    return {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(set(readers))},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
        "Condition": through_s3(bucket, region),
    }
