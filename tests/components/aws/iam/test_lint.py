"""What a linter of IAM policies says of every document: nothing but what has a reason here."""

import pytest

from tests.aws.iam_linter import REASONS, findings, unexpected
from tests.components.aws.iam import catalogue


@pytest.mark.parametrize("name", catalogue.ALL)
def test_every_document_is_clean(name):
    assert unexpected(name.partition("/")[0], catalogue.ALL[name]) == []


@pytest.mark.parametrize("of", REASONS)
def test_every_reason_is_still_needed(of):
    seen = {kind for name, each in catalogue.ALL.items() if name.startswith(of) for kind, _ in findings(each)}
    assert seen == set(REASONS[of])


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
    assert kind in [found for found, _ in unexpected("permissions", document)]
