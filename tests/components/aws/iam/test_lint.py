"""What a linter of IAM policies says of every document: nothing but what has a reason here."""

import pytest

from tests.aws.iam_linter import findings
from tests.components.aws.iam import catalogue

# kind of document -> kind of finding -> (what it says, why that is meant)
REASONS = {
    "trusts": {
        "MALFORMED": ("neither Resource nor NotResource", "a trust policy is about its role and has no resource"),
        "UNKNOWN_FEDERATION_SOURCE": (":oidc-provider/", "it knows no OIDC providers of clusters"),
    },
    "keys": {
        "RESOURCE_STAR": ("kms:", "the resource of a key policy is its key, written *"),
        "PERMISSIONS_MANAGEMENT_ACTIONS": ("kms:putkeypolicy", "the account has to be able to manage its keys"),
        "MISMATCHED_TYPE": ("ArnLike requires a value of type Arn", "AWS documents the context of logs as an ARN"),
    },
    "permissions/volumes-key": {
        "PERMISSIONS_MANAGEMENT_ACTIONS": ("kms:creategrant", "EC2 attaches a volume by a grant; a condition holds it"),
    },
    "permissions/flow-logs": {
        "RESOURCE_MISMATCH": ("logs:DescribeLogGroups", "CloudWatch Logs takes account and region, its data does not"),
    },
}


def unexpected(name, document):
    reasons = REASONS.get(name, {}) | REASONS.get(name.partition("/")[0], {})
    return [
        (kind, detail) for kind, detail in findings(document) if kind not in reasons or reasons[kind][0] not in detail
    ]


@pytest.mark.parametrize("name", catalogue.ALL)
def test_every_document_is_clean(name):
    assert unexpected(name, catalogue.ALL[name]) == []


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_is_still_needed(name):
    seen = {kind for key, each in catalogue.ALL.items() if key.startswith(name) for kind, _ in findings(each)}
    assert seen >= set(REASONS[name])


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ({"Action": "s3:GetObjects", "Resource": "*"}, "UNKNOWN_ACTION"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}, "RESOURCE_MISMATCH"),
        ({"Action": "s3:ListBucket", "Resource": "*"}, "RESOURCE_STAR"),
        (
            {
                "Action": "route53:ListResourceRecordSets",
                "Resource": "arn:aws:route53:::hostedzone/Z1",
                "Condition": {"StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": "TXT"}},
            },
            "UNKNOWN_CONDITION_FOR_ACTION",
        ),
    ],
)
def test_the_linter_sees_what_is_wrong(statement, kind):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    assert kind in [found for found, _ in unexpected("permissions/none", document)]
