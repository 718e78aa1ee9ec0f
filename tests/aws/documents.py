"""Policy documents as AWS takes them; moto reads their JSON, where it reads them at all.

Grammar and names: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements: Condition
operators"; quotas: "IAM and AWS STS quotas". What a document allows is judged elsewhere (``iam_evaluator``).
"""

import json
import re

VERSION = "2012-10-17"
MANAGED_POLICY_CHARACTERS, TRUST_POLICY_CHARACTERS, BUCKET_POLICY_BYTES = 6144, 2048, 20 * 1024
_OPERATORS = (
    "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike "
    "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan "
    "NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan "
    "DateGreaterThanEquals Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null"
)
_OPERATOR = re.compile(rf"(?:ForAnyValue:|ForAllValues:)?(?:{'|'.join(_OPERATORS.split())})(?:IfExists)?")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9.-]+(?:/[^:]+)?:[A-Za-z][\w./:@=+ ${}-]*")
_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_SID = re.compile(r"[A-Za-z0-9]*")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?:\d{12}|aws)?:\S+")
_PRINCIPALS = {
    "AWS": re.compile(r"\*|\d{12}|arn:aws:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role)/\S+)"),
    "Service": re.compile(r"[a-z0-9.-]+\.amazonaws\.com"),
    "Federated": re.compile(r"arn:aws:iam::\d{12}:(?:oidc|saml)-provider/\S+"),
}


class MalformedPolicyError(Exception):
    """A document that AWS would refuse."""


def identity_policy(text):
    """Return what an identity's policy says: what may be done with which resources, by whoever it is attached to."""
    document = _checked(text, principal=False, resource=True)
    if sum(not character.isspace() for character in text) > MANAGED_POLICY_CHARACTERS:
        raise MalformedPolicyError(f"longer than {MANAGED_POLICY_CHARACTERS} characters without white space")
    return document


def trust_policy(text):
    """Return what a role's trust says: who may assume it."""
    document = _checked(text, principal=True, resource=False)
    if len(text) > TRUST_POLICY_CHARACTERS:
        raise MalformedPolicyError(f"longer than {TRUST_POLICY_CHARACTERS} characters")
    return document


def resource_policy(text):
    """Return what a bucket's or key's policy says: who may do what with it."""
    document = _checked(text, principal=True, resource=True)
    if len(text.encode()) > BUCKET_POLICY_BYTES:
        raise MalformedPolicyError(f"longer than {BUCKET_POLICY_BYTES} bytes")
    return document


def statements(document):
    """Return the statements, of which a document may have a single one without a list."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def listed(value):
    """Return a value, of which there may be a single one without a list, as a list."""
    return value if isinstance(value, list) else [value]


def arns_of(document):
    """Return every ARN of the resources, principals and conditions of a document, sorted."""
    return sorted(set(_ARN.findall(json.dumps(document).replace('"', " "))))


def _checked(text, *, principal, resource):
    try:
        document = json.loads(text)
    except (TypeError, ValueError) as error:
        raise MalformedPolicyError(f"no JSON: {error}") from None
    problems = list(_problems(document, principal, resource))
    if problems:
        raise MalformedPolicyError("; ".join(problems))
    return document


def _problems(document, principal, resource):
    if not isinstance(document, dict) or not document.get("Statement"):
        yield "no object with a Statement"
        return
    if unknown := set(document) - {"Version", "Id", "Statement"}:
        yield f"unknown elements {sorted(unknown)}"
    if document.get("Version") != VERSION:
        yield f"Version {document.get('Version')!r} instead of {VERSION!r}"
    sids = [statement.get("Sid") for statement in statements(document) if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        yield f"a Sid twice in {sids}"
    for index, statement in enumerate(statements(document)):
        for problem in _statement(statement, principal, resource):
            yield f"Statement[{index}]: {problem}"


def _statement(statement, principal, resource):
    elements = [name for name, there in (("Action", True), ("Principal", principal), ("Resource", resource)) if there]
    known = {"Sid", "Effect", "Condition", *elements, *(f"Not{name}" for name in elements)}
    if unknown := set(statement) - known:
        yield f"unknown elements {sorted(unknown)}"
    if statement.get("Effect") not in {"Allow", "Deny"}:
        yield f"Effect {statement.get('Effect')!r}"
    if not _SID.fullmatch(statement.get("Sid", "")):
        yield f"Sid {statement['Sid']!r} has other characters than letters and digits"
    for name in elements:
        if (name in statement) + (f"Not{name}" in statement) != 1:
            yield f"needs one of {name} and Not{name}"
    yield from (f"Action {action!r}" for action in _values(statement, "Action") if not _ACTION.fullmatch(action))
    for arn in _values(statement, "Resource"):
        if arn != "*" and not _ARN.fullmatch(arn):
            yield f"Resource {arn!r} is no ARN"
    for name in ("Principal", "NotPrincipal"):
        yield from _principals(statement.get(name, {}))
    for operator, tests in statement.get("Condition", {}).items():
        yield from _condition(operator, tests)


def _values(statement, name):
    return [value for key in (name, f"Not{name}") if key in statement for value in listed(statement[key])]


def _principals(principal):
    if principal == "*":
        return
    if not isinstance(principal, dict):
        yield f"Principal {principal!r}"
        return
    for kind, values in principal.items():
        pattern = _PRINCIPALS.get(kind)
        yield from (
            f"Principal {kind} {value!r}" for value in listed(values) if not pattern or not pattern.fullmatch(value)
        )


def _condition(operator, tests):
    if not _OPERATOR.fullmatch(operator):
        yield f"Condition operator {operator!r}"
    if not isinstance(tests, dict) or not tests:
        yield f"Condition {operator} has no keys"
        return
    for key, values in tests.items():
        if not _CONDITION_KEY.fullmatch(key):
            yield f"Condition key {key!r}"
        if not listed(values) or not all(isinstance(value, str) for value in listed(values)):
            yield f"Condition {key} has other values than texts"
