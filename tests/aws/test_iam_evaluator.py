"""The evaluator says what AWS's documentation says. Each example names its page; the words and numbers are our own."""

import pytest

from tests.aws.iam_evaluator import Request, UnknownPolicyElementError, allows, decide

USER = "arn:aws:iam::111122223333:user/carlos"
OTHER_ACCOUNT = "arn:aws:iam::444455556666:user/bob"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:topic"
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action="s3:*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="s3:*", resource="*", **more):
    return allow(action, resource, **more) | {"Effect": "Deny"}


def request(action="s3:GetObject", resource="arn:aws:s3:::reports/a", principal=USER, **context):
    return Request(action=action, resource=resource, principal=principal, context=context.pop("context", context))


def holds(condition, context):
    return allows(request(context=context), identity=[policy(allow(Condition=condition))])


# "Policy evaluation logic": nothing is allowed that no policy allows, and a refusal beats every permission.
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], "implicit deny"),
        ([allow("ec2:*")], "implicit deny"),
        ([allow()], "allow"),
        ([allow(), deny("s3:GetObject")], "explicit deny"),
        ([deny("s3:GetObject"), allow()], "explicit deny"),
        ([deny("s3:PutObject"), allow()], "allow"),
    ],
)
def test_refusals_come_first(statements, expected):
    assert decide(request(), identity=[policy(*statements)]) == expected


# "Example of evaluating identity-based and resource-based policies": Carlos may do everything in his own bucket, his
# policy refuses him everything with log in its name, and the bucket of the logs names him.
CARLOS = policy(
    allow(["s3:ListAllMyBuckets"], "*"),
    allow("s3:*", ["arn:aws:s3:::demo-carlos", "arn:aws:s3:::demo-carlos/*"]),
    deny("s3:*", "arn:aws:s3:::*log*"),
)
LOGS = policy(allow("s3:*", ["arn:aws:s3:::demo-log", "arn:aws:s3:::demo-log/*"], Principal={"AWS": USER}))
SHARED = policy(allow("s3:GetObject", "arn:aws:s3:::shared/*", Principal={"AWS": USER}))


@pytest.mark.parametrize(
    ("action", "place", "bucket", "expected"),
    [
        ("s3:ListAllMyBuckets", "*", None, "allow"),
        ("s3:PutObject", "arn:aws:s3:::demo-carlos/notes", None, "allow"),
        ("s3:PutObject", "arn:aws:s3:::demo-carlos/catalogue", None, "explicit deny"),
        ("s3:GetObject", "arn:aws:s3:::demo-log/x", LOGS, "explicit deny"),
        ("s3:GetObject", "arn:aws:s3:::shared/x", SHARED, "allow"),
        ("s3:PutObject", "arn:aws:s3:::shared/x", SHARED, "implicit deny"),
        ("s3:GetObject", "arn:aws:s3:::shared/x", None, "implicit deny"),
    ],
)
def test_policies_of_identity_and_resource_together(action, place, bucket, expected):
    assert decide(request(action, place), identity=[CARLOS], resource=bucket) == expected


# "Cross-account policy evaluation logic": both accounts have to agree.
@pytest.mark.parametrize(
    ("identity", "principal", "expected"),
    [
        ([], OTHER_ACCOUNT, "implicit deny"),
        ([policy(allow())], OTHER_ACCOUNT, "allow"),
        ([policy(allow())], "arn:aws:iam::444455556666:root", "allow"),
        ([policy(allow())], "444455556666", "allow"),
        ([policy(allow())], USER, "implicit deny"),
        ([policy(allow("ec2:*"))], OTHER_ACCOUNT, "implicit deny"),
    ],
)
def test_another_account_needs_both(identity, principal, expected):
    bucket = policy(allow(Principal={"AWS": principal}))
    asked = request(principal=OTHER_ACCOUNT)
    assert decide(asked, identity=identity, resource=bucket, resource_account="111122223333") == expected


# AWS KMS Developer Guide, "Default key policy": without the statement of the account, IAM policies do not count.
@pytest.mark.parametrize(
    ("key", "identity", "expected"),
    [
        (
            policy(allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:root"})),
            [policy(allow("kms:*"))],
            "allow",
        ),
        (policy(allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:root"})), [], "implicit deny"),
        (policy(allow("kms:*", Principal={"AWS": OTHER_ACCOUNT})), [policy(allow("kms:*"))], "implicit deny"),
        (policy(allow("kms:*", Principal={"AWS": USER})), [], "allow"),
    ],
)
def test_a_key_decides_itself(key, identity, expected):
    asked = request("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/1")
    assert decide(asked, identity=identity, resource=key) == expected


# "IAM JSON policy elements: NotAction".
@pytest.mark.parametrize(
    ("statement", "action", "place", "expected"),
    [
        ({"NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"}, "s3:PutObject", "arn:aws:s3:::b/k", "allow"),
        (
            {"NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"},
            "s3:DeleteBucket",
            "arn:aws:s3:::b",
            "implicit deny",
        ),
        # Other services' actions do not apply to resources of S3.
        (
            {"NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"},
            "sqs:SendMessage",
            "arn:aws:sqs:a:1:q",
            "implicit deny",
        ),
        ({"NotAction": "iam:*", "Resource": "*"}, "ec2:RunInstances", "*", "allow"),
        ({"NotAction": "iam:*", "Resource": "*"}, "iam:CreateUser", "*", "implicit deny"),
    ],
)
def test_not_action_with_allow(statement, action, place, expected):
    assert decide(request(action, place), identity=[policy({"Effect": "Allow", **statement})]) == expected


@pytest.mark.parametrize(
    ("action", "context", "expected"),
    [
        ("ec2:RunInstances", {}, "explicit deny"),
        ("ec2:RunInstances", {"aws:MultiFactorAuthPresent": "false"}, "explicit deny"),
        ("ec2:RunInstances", {"aws:MultiFactorAuthPresent": "true"}, "allow"),
        ("iam:ListUsers", {}, "allow"),
    ],
)
def test_not_action_with_deny(action, context, expected):
    no_factor = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    refusal = {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": no_factor}
    assert decide(request(action, context=context), identity=[policy(ALLOW_ALL, refusal)]) == expected


# "IAM JSON policy elements: NotResource": nothing beyond the own bucket.
@pytest.mark.parametrize(
    ("place", "expected"), [("arn:aws:s3:::payroll/x", "allow"), ("arn:aws:s3:::reports/x", "explicit deny")]
)
def test_not_resource(place, expected):
    refusal = {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"]}
    assert decide(request(resource=place), identity=[policy(ALLOW_ALL, refusal)]) == expected


# "AWS JSON policy elements: NotPrincipal": who is not excepted is refused, other users of the account included.
@pytest.mark.parametrize(
    ("principal", "expected"),
    [(USER, "allow"), ("arn:aws:iam::111122223333:user/eve", "explicit deny"), (OTHER_ACCOUNT, "explicit deny")],
)
def test_not_principal(principal, expected):
    excepted = {"AWS": [USER, "arn:aws:iam::111122223333:root"]}
    refusal = {"Effect": "Deny", "NotPrincipal": excepted, "Action": "s3:*", "Resource": "*"}
    asked = request(principal=principal)
    assert decide(asked, identity=[policy(ALLOW_ALL)], resource=policy(refusal)) == expected


# "AWS JSON policy elements: Principal": a role trusts a service, a provider of identities, an account.
@pytest.mark.parametrize(
    ("trusted", "asking", "identity", "expected"),
    [
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", [], "allow"),
        ({"Service": "ec2.amazonaws.com"}, "eks.amazonaws.com", [], "implicit deny"),
        ({"Federated": "arn:aws:iam::1:oidc-provider/x"}, "arn:aws:iam::1:oidc-provider/x", [], "allow"),
        ({"AWS": USER}, USER, [], "allow"),
        ({"AWS": "arn:aws:iam::111122223333:root"}, USER, [], "implicit deny"),
        ({"AWS": "arn:aws:iam::111122223333:root"}, USER, [policy(allow("sts:AssumeRole"))], "allow"),
        ({"AWS": "*"}, OTHER_ACCOUNT, [], "allow"),
        # A policy of one's own does not open a role that trusts somebody else.
        ({"AWS": OTHER_ACCOUNT}, USER, [policy(allow("sts:AssumeRole"))], "implicit deny"),
    ],
)
def test_trust_of_a_role(trusted, asking, identity, expected):
    trust = policy({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    asked = request("sts:AssumeRole", "arn:aws:iam::111122223333:role/r", asking)
    assert decide(asked, identity=identity, resource=trust) == expected


# "Conditions with multiple context keys or values": keys and operators together, values one of them, or, negated, none.
@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}, {"aws:SourceVpc": "vpc-2"}, True),
        ({"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}, {"aws:SourceVpc": "vpc-3"}, False),
        ({"StringEquals": {"a": "1", "b": "2"}}, {"a": "1", "b": "2"}, True),
        ({"StringEquals": {"a": "1", "b": "2"}}, {"a": "1", "b": "3"}, False),
        ({"StringEquals": {"a": "1"}, "Bool": {"b": "true"}}, {"a": "1", "b": "true"}, True),
        ({"StringEquals": {"a": "1"}, "Bool": {"b": "true"}}, {"a": "1", "b": "false"}, False),
        ({"StringNotEquals": {"team": ["hr", "finance"]}}, {"team": "hr"}, False),
        ({"StringNotEquals": {"team": ["hr", "finance"]}}, {"team": "legal"}, True),
        ({"StringNotLike": {"team": ["hr*", "fin*"]}}, {"team": "finance"}, False),
        (
            {"ArnNotLike": {"aws:SourceArn": ["arn:aws:sns:*:1:a", "arn:aws:sns:*:1:b"]}},
            {"aws:SourceArn": "arn:aws:sns:x:1:c"},
            True,
        ),
    ],
)
def test_several_keys_and_values(condition, context, expected):
    assert holds(condition, context) is expected


# "IAM JSON policy elements: Condition operators".
@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"aws:PrincipalTag/job": "admin"}}, {"aws:PrincipalTag/job": "admin"}, True),
        ({"StringEquals": {"aws:PrincipalTag/job": "admin"}}, {"aws:PrincipalTag/job": "Admin"}, False),
        ({"StringEquals": {"aws:PrincipalTag/job": "admin"}}, {}, False),
        ({"StringEquals": {"aws:principaltag/JOB": "admin"}}, {"aws:PrincipalTag/job": "admin"}, True),
        ({"StringEquals": {"k": "a*"}}, {"k": "abc"}, False),
        ({"StringEqualsIgnoreCase": {"k": "ABC"}}, {"k": "abc"}, True),
        ({"StringNotEqualsIgnoreCase": {"k": "ABC"}}, {"k": "abc"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringLike": {"s3:prefix": ["", "home/", "home/bob/*"]}}, {"s3:prefix": ""}, True),
        ({"StringLike": {"s3:prefix": ["", "home/", "home/bob/*"]}}, {"s3:prefix": "home/bob/a/b"}, True),
        ({"StringLike": {"s3:prefix": ["", "home/", "home/bob/*"]}}, {"s3:prefix": "home/eve/"}, False),
        ({"StringLike": {"s3:prefix": ["", "home/", "home/bob/*"]}}, {}, False),
        ({"StringLike": {"k": "a?c[b]"}}, {"k": "abc[b]"}, True),
        ({"StringLike": {"k": "a?c"}}, {"k": "ac"}, False),
        ({"StringLike": {"k": "a${*}"}}, {"k": "a*"}, True),
        ({"StringLike": {"k": "a${*}"}}, {"k": "ab"}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "true"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "false"}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, {}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.9"}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8::/64"]}}, {"aws:SourceIp": "203.0.114.9"}, False),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "198.51.100.1"}, True),
        ({"ArnEquals": {"aws:SourceArn": TOPIC}}, {"aws:SourceArn": TOPIC}, True),
        # The two operators of ARNs do the same: stars count in both, part by part.
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:123456789012:to*"}}, {"aws:SourceArn": TOPIC}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:topic"}}, {"aws:SourceArn": TOPIC}, False),
        ({"StringLike": {"aws:SourceArn": "arn:aws:sns:*:topic"}}, {"aws:SourceArn": TOPIC}, True),
        # "...IfExists": the key is looked at where it is there.
        ({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "m3.*"]}}, {}, True),
        ({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "m3.*"]}}, {"ec2:InstanceType": "m3.large"}, True),
        ({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "m3.*"]}}, {"ec2:InstanceType": "x1.large"}, False),
        # "Condition operator to check existence of condition keys".
        ({"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
        ({"Null": {"aws:TokenIssueTime": "true"}}, {"aws:TokenIssueTime": "now"}, False),
        ({"Null": {"aws:TokenIssueTime": "false"}}, {"aws:TokenIssueTime": "now"}, True),
        ({"Null": {"aws:TagKeys": "false"}}, {"aws:TagKeys": []}, False),
    ],
)  # fmt: skip
def test_operators(condition, context, expected):
    assert holds(condition, context) is expected


# "Multivalued context key examples": prefixes of tag keys.
@pytest.mark.parametrize(
    ("operator", "patterns", "keys", "expected"),
    [
        ("ForAllValues:StringLike", ["key1*"], ["key1:legacy"], True),
        ("ForAllValues:StringLike", ["key1*"], ["key1:hr", "key1:personnel"], True),
        ("ForAllValues:StringLike", ["key1*"], ["key2:audit"], False),
        ("ForAllValues:StringLike", ["key1*"], ["key1:hr", "key2:audit"], False),
        ("ForAllValues:StringLike", ["key1*", "key2*"], ["key1:hr", "key2:audit"], True),
        # Of nothing, everything is said.
        ("ForAllValues:StringLike", ["key1*"], None, True),
        ("ForAllValues:StringLike", ["key1*"], [], True),
        ("ForAnyValue:StringLike", ["key1*"], ["key1:hr", "key2:audit"], True),
        ("ForAnyValue:StringLike", ["key1*"], ["key2:audit"], False),
        ("ForAnyValue:StringLike", ["key1*"], None, False),
        ("ForAnyValue:StringLike", ["key1*"], [], False),
        ("ForAllValues:StringNotLike", ["key1*"], ["key2:a", "key3:b"], True),
        ("ForAllValues:StringNotLike", ["key1*"], ["key1:a", "key3:b"], False),
        ("ForAnyValue:StringNotLike", ["key1*"], ["key1:a", "key3:b"], True),
        # One value is a list of one.
        ("ForAllValues:StringLike", ["key1*"], "key1:hr", True),
    ],
)
def test_keys_with_several_values(operator, patterns, keys, expected):
    context = {} if keys is None else {"aws:TagKeys": keys}
    assert holds({operator: {"aws:TagKeys": patterns}}, context) is expected


# "IAM policy elements: Variables and tags": a home for each user.
@pytest.mark.parametrize(
    ("place", "context", "expected"),
    [
        ("arn:aws:s3:::homes/carlos/notes", {"aws:username": "carlos"}, True),
        ("arn:aws:s3:::homes/eve/notes", {"aws:username": "carlos"}, False),
        # No name, no home; and a name is no pattern.
        ("arn:aws:s3:::homes//notes", {}, False),
        ("arn:aws:s3:::homes/eve/notes", {"aws:username": "*"}, False),
        ("arn:aws:s3:::homes/*/notes", {"aws:username": "*"}, True),
    ],
)
def test_variables(place, context, expected):
    homes = policy(allow(resource="arn:aws:s3:::homes/${aws:username}/*"))
    assert allows(request(resource=place, context=context), identity=[homes]) is expected


# "IAM JSON policy elements: Action" and "... Resource".
@pytest.mark.parametrize(
    ("action", "place", "expected"),
    [
        ("S3:getOBJECT", "arn:aws:s3:::b/a/b/c", True),
        ("s3:GetObjectVersion", "arn:aws:s3:::b/a", True),
        ("s3:PutObject", "arn:aws:s3:::b/a", False),
        ("s3:GetObject", "arn:aws:s3:::b", False),
        ("s3:GetObject", "arn:aws:s3:::bb/a", False),
        ("s3:GetObject", "arn:aws:s3:::B/a", False),
        ("s3:GetObject", "arn:aws-cn:s3:::b/a", False),
    ],
)
def test_stars_in_actions_and_resources(action, place, expected):
    reads = policy(allow("s3:GetObject*", "arn:aws:s3:::b/*"))
    assert allows(request(action, place), identity=[reads]) is expected


@pytest.mark.parametrize(
    ("document", "resource"),
    [
        (policy(allow(Condition={"NumericLessThan": {"s3:max-keys": "10"}})), None),
        (policy(allow(Condition={"ForSomeValues:StringEquals": {"k": "a"}})), None),
        # A key with several values needs to be told how.
        (policy(allow(Condition={"StringEquals": {"k": "a"}})), None),
        (policy(allow(Comment="why")), None),
        (policy(allow() | {"Effect": "allow"}), None),
        (policy(allow(resource="arn:aws:s3:::${aws:username, 'x'}/*")), None),
        (policy(allow(Principal="*")), None),
        ({"Statement": [allow()]}, None),
        ({"Version": "2008-10-17", "Statement": [allow()]}, None),
        (policy(), policy(allow())),
        (policy(), policy(allow(Principal={"CanonicalUser": "x"}))),
    ],
)
def test_what_it_does_not_know_it_does_not_judge(document, resource):
    with pytest.raises(UnknownPolicyElementError):
        decide(request(context={"k": ["a", "b"]}), identity=[document], resource=resource)
