"""The grammar of policy documents, which moto does not read."""

import json

import pytest

from tests.aws.documents import MalformedPolicyError, arns_of, identity_policy, resource_policy, trust_policy

BUCKET = "arn:aws:s3:::models"


def document(**changes):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **changes}
    return {
        "Version": "2012-10-17",
        "Statement": [{key: value for key, value in statement.items() if value is not None}],
    }


def test_documents_as_aws_documents_them_are_read():
    reading = document(
        Condition={"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}, "Bool": {"aws:SecureTransport": "true"}}
    )
    assert identity_policy(json.dumps(reading)) == reading
    tls = document(Effect="Deny", Principal="*", Action="s3:*", Resource=[BUCKET, f"{BUCKET}/*"])
    assert resource_policy(json.dumps(tls)) == tls
    provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
    trust = document(
        Resource=None,
        Action="sts:AssumeRoleWithWebIdentity",
        Principal={"Federated": provider},
        Condition={"StringEquals": {"oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:a:b"}},
    )
    assert trust_policy(json.dumps(trust)) == trust
    assert arns_of(trust) == [provider]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Effect": "allow"}, "Effect 'allow'"),
        ({"Action": None}, "one of Action and NotAction"),
        ({"NotAction": "s3:PutObject"}, "one of Action and NotAction"),
        ({"Action": "GetObject"}, "Action 'GetObject'"),
        ({"Resource": "models/*"}, "is no ARN"),
        ({"Resource": None}, "one of Resource and NotResource"),
        ({"Principal": "*"}, "unknown elements ['Principal']"),
        ({"Sid": "read-only"}, "other characters"),
        ({"Conditions": {}}, "unknown elements ['Conditions']"),
        ({"Condition": {"StringEqual": {"aws:PrincipalArn": "x"}}}, "operator 'StringEqual'"),
        ({"Condition": {"StringEquals": {"SourceIp": "x"}}}, "key 'SourceIp'"),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, "other values than texts"),
        ({"Condition": {"Bool": {}}}, "has no keys"),
        ({"Action": [f"s3:Get{number:06}" for number in range(500)]}, "longer than 6144"),
    ],
)
def test_malformed_permissions_are_refused(changes, message):
    with pytest.raises(MalformedPolicyError) as caught:
        identity_policy(json.dumps(document(**changes)))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "principal",
    ["somebody", {"AWS": "arn:aws:iam::12345:role/short"}, {"Service": "eks"}, {"Federated": "oidc.eks"}, {"Aws": "*"}],
)
def test_malformed_principals_are_refused(principal):
    with pytest.raises(MalformedPolicyError, match="Principal"):
        trust_policy(json.dumps(document(Resource=None, Principal=principal)))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Version": "2012-10-17", "Statement": []}'])
def test_texts_that_are_no_documents_are_refused(text):
    with pytest.raises(MalformedPolicyError):
        resource_policy(text)
    with pytest.raises(MalformedPolicyError, match="2008-10-17"):
        identity_policy(json.dumps({**document(), "Version": "2008-10-17"}))
    twice = {**document(), "Statement": [{**document()["Statement"][0], "Sid": "Same"}] * 2}
    with pytest.raises(MalformedPolicyError, match="a Sid twice"):
        identity_policy(json.dumps(twice))
