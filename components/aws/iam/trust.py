"""Who may take a role: trust policies. Pure.

Sources: Amazon EKS User Guide, "Assign IAM roles to Kubernetes service accounts"; IAM User Guide, "The confused deputy
problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.iam.shape import Document, Statement, document, exact

if TYPE_CHECKING:
    from collections.abc import Sequence

# What the EKS pod identity webhook asks the cluster to write into a token.
AUDIENCE = "sts.amazonaws.com"


def service_account_trust(*, oidc_arn: str, issuer: str, namespace: str, service_account: str) -> Document:
    """Return the trust in one service account of one cluster.

    Both claims are compared exactly: with ``StringLike`` and a star, or without ``aud``, any account of the cluster, or
    a token meant for another audience, would do.

    Args:
        oidc_arn: ARN of the cluster's OIDC provider in IAM.
        issuer: the cluster's issuer, with or without ``https://``.
        namespace: namespace of the account.
        service_account: its name.

    """
    claims = issuer.removeprefix("https://").rstrip("/")
    exact("the namespace", namespace)
    exact("the service account", service_account)
    exact("the issuer", claims)
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": oidc_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{claims}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                        f"{claims}:aud": AUDIENCE,
                    }
                },
            }
        ]
    )


def service_trust(service: str, *, account: str | None = None, source_arn: str | None = None) -> Document:
    """Return the trust in a service of AWS, where it says so only on behalf of one account or resource.

    Args:
        service: its principal, ``eks.amazonaws.com``.
        account: the account that the service has to act for (``aws:SourceAccount``); ``None`` for a service that does
            not say (``ec2.amazonaws.com``, which takes the role for its own instances).
        source_arn: the resource that it has to act for, stars allowed (``aws:SourceArn``).

    """
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    condition: dict[str, dict[str, str]] = {}
    if account is not None:
        condition["StringEquals"] = {"aws:SourceAccount": account}
    if source_arn is not None:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    return document([{**statement, "Condition": condition} if condition else statement])


def flow_logs_trust(region: str, account: str) -> Document:
    """Return the trust in VPC flow logs of one account and region.

    Source: Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
    """
    return service_trust(
        "vpc-flow-logs.amazonaws.com", account=account, source_arn=f"arn:aws:ec2:{region}:{account}:vpc-flow-log/*"
    )


def principals_trust(arns: Sequence[str]) -> Document:
    """Return the trust in exactly these users and roles, in a stable order.

    Args:
        arns: their ARNs. AWS refuses the document when one of them does not exist.

    Raises:
        ValueError: none, or one that stands for more than one principal.

    """
    if not arns:
        raise ValueError("a role that nobody may take; name at least one principal")
    exact("the principal", *arns)
    return document(
        [{"Effect": "Allow", "Principal": {"AWS": sorted(set(arns))}, "Action": "sts:AssumeRole"}],
    )
