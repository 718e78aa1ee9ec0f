"""What the autoscaler, cert-manager and flow logs do, and nothing else."""

import pytest

from tests.components.aws.iam.catalogue import ACCOUNT, CLUSTER, LOG_GROUP, REGION, ZONE
from tests.components.aws.iam.scenario import NO, YES, asked

GROUPS = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/eks-cpu"
NODE_GROUPS = f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup"
MINE = {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{CLUSTER}": "owned"}
FOREIGN = {"aws:ResourceTag/k8s.io/cluster-autoscaler/another": "owned"}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("autoscaling:DescribeAutoScalingGroups", "*", {}, YES),
        ("autoscaling:SetDesiredCapacity", GROUPS, MINE, YES),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", GROUPS, MINE, YES),
        ("autoscaling:SetDesiredCapacity", GROUPS, FOREIGN, NO),
        ("autoscaling:SetDesiredCapacity", GROUPS, {}, NO),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", GROUPS, FOREIGN, NO),
        ("autoscaling:SetDesiredCapacity", GROUPS.replace(REGION, "eu-west-1"), MINE, NO),
        ("autoscaling:UpdateAutoScalingGroup", GROUPS, MINE, NO),
        ("eks:DescribeNodegroup", f"{NODE_GROUPS}/{CLUSTER}/cpu/1", {}, YES),
        ("eks:DescribeNodegroup", f"{NODE_GROUPS}/{CLUSTER}-2/cpu/1", {}, NO),
        ("eks:UpdateNodegroupConfig", f"{NODE_GROUPS}/{CLUSTER}/cpu/1", {}, NO),
    ],
)
def test_the_autoscaler_changes_its_own_groups(action, resource, context, expected):
    assert asked("autoscaler", action, resource, context) == expected


HOSTED = f"arn:aws:route53:::hostedzone/{ZONE}"
CHANGE = "route53:ChangeResourceRecordSets"


def records(names, types):
    return {f"{CHANGE}NormalizedRecordNames": names, f"{CHANGE}RecordTypes": types, f"{CHANGE}Actions": ["UPSERT"]}


CHALLENGE = records(["_acme-challenge.models.example.org"], ["TXT"])


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        (CHANGE, HOSTED, CHALLENGE, YES),
        ("route53:ListResourceRecordSets", HOSTED, {}, YES),
        ("route53:GetChange", "arn:aws:route53:::change/C123", {}, YES),
        (CHANGE, HOSTED, records(["_acme-challenge.models.example.org"], ["A"]), NO),
        (CHANGE, HOSTED, records(["_acme-challenge.models.example.org"], ["TXT", "CNAME"]), NO),
        (CHANGE, HOSTED, records(["models.example.org"], ["TXT"]), NO),
        (CHANGE, HOSTED, records(["_acme-challenge.a.org", "a.org"], ["TXT"]), NO),
        (CHANGE, HOSTED, {}, NO),
        (CHANGE, "arn:aws:route53:::hostedzone/Z9", CHALLENGE, NO),
        ("route53:DeleteHostedZone", HOSTED, {}, NO),
        ("route53:ListHostedZones", "*", {}, NO),
    ],
)
def test_cert_manager_answers_challenges_and_changes_nothing_else(action, resource, context, expected):
    assert asked("dns", action, resource, context) == expected


LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("logs:CreateLogStream", f"{LOGS}{LOG_GROUP}:log-stream:eni-1", YES),
        ("logs:PutLogEvents", f"{LOGS}{LOG_GROUP}:log-stream:eni-1", YES),
        ("logs:DescribeLogGroups", f"{LOGS}:log-stream:", YES),
        ("logs:PutLogEvents", f"{LOGS}{LOG_GROUP}-2:log-stream:eni-1", NO),
        ("logs:PutLogEvents", f"{LOGS}/aws/eks/{CLUSTER}/cluster:log-stream:x", NO),
        ("logs:DeleteLogGroup", f"{LOGS}{LOG_GROUP}:*", NO),
    ],
)
def test_flow_logs_write_to_their_group(action, resource, expected):
    assert asked("flow-logs", action, resource, {}) == expected
