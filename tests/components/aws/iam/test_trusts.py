"""Who takes which role."""

import pytest

from tests.aws.iam_evaluator import Request, decide
from tests.components.aws.iam import catalogue
from tests.components.aws.iam.catalogue import ACCOUNT, CLUSTER_ARN, ISSUER, OIDC, REGION, role
from tests.components.aws.iam.scenario import NO, YES


def token(account, audience="sts.amazonaws.com"):
    return {f"{ISSUER}:sub": f"system:serviceaccount:{account}", f"{ISSUER}:aud": audience}


@pytest.mark.parametrize(
    ("provider", "claims", "expected"),
    [
        (OIDC, token("mlflow:mlflow"), YES),
        (OIDC, token("mlflow:default"), NO),
        (OIDC, token("models:mlflow"), NO),
        (OIDC, token("mlflow:mlflow-2"), NO),
        (OIDC, token("mlflow:mlflow", "https://kubernetes.default.svc"), NO),
        (OIDC, {f"{ISSUER}:sub": "system:serviceaccount:mlflow:mlflow"}, NO),
        (OIDC, {}, NO),
        (f"{OIDC[:-1]}E", token("mlflow:mlflow"), NO),
    ],
)
def test_a_role_is_taken_by_one_account_of_one_cluster(provider, claims, expected):
    request = Request(
        action="sts:AssumeRoleWithWebIdentity", resource=role("mlflow"), principal=provider, context=claims
    )
    assert decide(request, resource=catalogue.TRUSTS["service-account"]) == expected


FLOW_LOG = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/fl-1"


@pytest.mark.parametrize(
    ("trust", "principal", "context", "expected"),
    [
        ("node", "ec2.amazonaws.com", {}, YES),
        ("node", "eks.amazonaws.com", {}, NO),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": CLUSTER_ARN}, YES),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"{CLUSTER_ARN}-2"}, NO),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, NO),
        ("cluster", "eks.amazonaws.com", {"aws:SourceAccount": "9", "aws:SourceArn": CLUSTER_ARN}, NO),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": FLOW_LOG}, YES),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, NO),
        ("flow-logs", "vpc-flow-logs.amazonaws.com", {"aws:SourceAccount": "9", "aws:SourceArn": FLOW_LOG}, NO),
        ("releaser", role("ci"), {}, YES),
        ("releaser", role("other"), {}, NO),
        ("releaser", role("ci", "999999999999"), {}, NO),
    ],
)
def test_roles_of_services_and_people(trust, principal, context, expected):
    request = Request(action="sts:AssumeRole", resource=role("r"), principal=principal, context=context)
    assert decide(request, resource=catalogue.TRUSTS[trust]) == expected
