"""Whether AWS would allow a request: a small evaluator of IAM policies, for the parts of the language that we use.

Policies of identities and of resources, in one account and between two; no boundaries, session policies or policies of
an organisation, which only take away. What it does not know, it refuses (:class:`UnknownPolicyElementError`).

Sources, IAM User Guide: "Policy evaluation logic", "Cross-account policy evaluation logic", "IAM JSON policy elements
reference", "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys". AWS KMS Developer Guide, "Key policies". ``test_iam_evaluator.py`` holds
their examples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# Without a policy of theirs that says so, nobody of their own account gets in either.
_RESOURCE_DECIDES = ("kms:", "sts:AssumeRole")


class UnknownPolicyElementError(Exception):
    """The evaluator does not know this, so it cannot tell what AWS would say."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        action: ``s3:GetObject``.
        resource: ARN of what it is about, ``*`` where the service knows none.
        principal: ARN of the user or role; of a service its name (``logs.eu-central-1.amazonaws.com``), of a federated
            identity the ARN of its provider. A role's session counts as the role.
        context: condition key -> value; a list where the key has several values.

    """

    action: str
    resource: str
    principal: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    @property
    def account(self):
        """Account of the principal, ``None`` for a service."""
        return self.principal.split(":")[4] if self.principal.startswith("arn:") else None

    def value(self, key):
        """Return the value of a condition key, ``None`` where the request has none. Keys know no upper case."""
        known = {"aws:principalarn": self.principal} if self.principal.startswith("arn:") else {}
        if self.account:
            known["aws:principalaccount"] = self.account
        found = (known | {name.lower(): value for name, value in self.context.items()}).get(key.lower())
        return None if found == [] else found


def decide(request, *, identity=(), resource=None, resource_account=None):
    """Return ``allow``, ``explicit deny`` or ``implicit deny``.

    Args:
        request: who asks for what.
        identity: documents of the principal's own policies.
        resource: the document of the resource's policy: of a bucket, a key, or the trust of a role.
        resource_account: account that the resource belongs to; ``None`` for the principal's own.

    """
    own = [found for each in identity for found in _effects(each, request, whose="identity")]
    theirs = [] if resource is None else _effects(resource, request, whose="resource")
    if any(effect == "Deny" for effect, _ in [*own, *theirs]):
        return "explicit deny"
    allowed = bool(own)
    named = any(match == "principal" for _, match in theirs)
    # The account as principal hands the decision to the policies of its identities.
    account = any(match == "account" for _, match in theirs)
    if resource_account not in {None, request.account} and request.account is not None:
        granted = allowed and (named or account)
    else:
        resource_decides = request.action.startswith(_RESOURCE_DECIDES)
        granted = named or (allowed and (account or not resource_decides))
    return "allow" if granted else "implicit deny"


def allows(request, **policies):
    """Whether the request is allowed, see :func:`decide`."""
    return decide(request, **policies) == "allow"


def _effects(document, request, *, whose):
    """Return (effect, how the principal matched) of the statements that apply."""
    if document.get("Version") != "2012-10-17" or document.keys() - {"Version", "Statement", "Id"}:
        raise UnknownPolicyElementError(f"document with {sorted(document)}, version {document.get('Version')}")
    found = []
    for statement in _list(document["Statement"]):
        if unknown := statement.keys() - _ELEMENTS:
            raise UnknownPolicyElementError(f"elements {sorted(unknown)}")
        if statement["Effect"] not in {"Allow", "Deny"}:
            raise UnknownPolicyElementError(f"effect {statement['Effect']}")
        if ("Principal" in statement or "NotPrincipal" in statement) is (whose == "identity"):
            raise UnknownPolicyElementError(
                f"a principal belongs in policies of resources, and only there: {statement}"
            )
        match = "principal" if whose == "identity" else _principal(statement, request)
        if match and _action(statement, request) and _resource(statement, request) and _condition(statement, request):
            found.append((statement["Effect"], match))
    return found


def _principal(statement, request):
    """Return ``principal``, or ``account`` where only its account is named, or nothing."""
    if "NotPrincipal" in statement:
        # An account in that list excepts none of its users: only who is named is excepted.
        return None if _named(statement["NotPrincipal"], request) == "principal" else "principal"
    return _named(statement["Principal"], request)


def _named(element, request):
    if element == "*":
        return "principal"
    match = None
    for kind, names in element.items():
        if kind not in {"AWS", "Service", "Federated"}:
            raise UnknownPolicyElementError(f"principals of kind {kind}")
        for name in _list(names):
            if name == request.principal or (kind == "AWS" and name == "*" and request.account):
                return "principal"
            if kind == "AWS" and request.account and name in {request.account, f"arn:aws:iam::{request.account}:root"}:
                match = "account"
    return match


def _action(statement, request):
    def listed(names):
        return any(_like(name.lower(), request.action.lower()) for name in _list(names))

    return not listed(statement["NotAction"]) if "NotAction" in statement else listed(statement["Action"])


def _resource(statement, request):
    def listed(names):
        return any(name == "*" or _arn_like(_filled(name, request), request.resource) for name in _list(names))

    if "NotResource" in statement:
        return not listed(statement["NotResource"])
    # The trust policy of a role has no resource: it is about the role.
    return listed(statement["Resource"]) if "Resource" in statement else True


def _condition(statement, request):
    """Whether all operators and all their keys hold."""
    return all(
        _holds(operator, request.value(key), [_filled(value, request) for value in _list(values)])
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _holds(operator, actual, expected):
    if operator == "Null":
        return any((actual is None) is (value == "true") for value in expected)
    quantifier, _, plain = operator.rpartition(":")
    if_exists = plain.endswith("IfExists")
    test, negated = _operator(plain.removesuffix("IfExists"))

    def holds(value):
        # Several values of the policy: one of them, or, of a negated operator, none of them.
        return any(test(pattern, value) for pattern in expected) is not negated

    if quantifier == "ForAllValues":
        return all(holds(value) for value in _list(actual))
    if quantifier == "ForAnyValue":
        return if_exists if actual is None else any(holds(value) for value in _list(actual))
    if quantifier:
        raise UnknownPolicyElementError(f"quantifier {quantifier}")
    if actual is None:
        return if_exists or negated
    if isinstance(actual, list):
        raise UnknownPolicyElementError(
            f"{operator} on a key with several values, which needs ForAllValues or ForAnyValue"
        )
    return holds(actual)


def _operator(name):
    """Return (test of the policy's value and the request's, whether it is negated)."""
    if name not in _OPERATORS:
        raise UnknownPolicyElementError(f"operator {name}")
    return _OPERATORS[name]


def _equal(expected, actual):
    return _literal(expected) == actual


def _equal_ignoring_case(expected, actual):
    return _literal(expected).lower() == actual.lower()


def _boolean(expected, actual):
    return expected.lower() == actual.lower()


def _address(expected, actual):
    return ip_address(actual) in ip_network(expected)


def _like(pattern, text):
    """Match ``*`` and ``?``; ``${*}``, ``${?}`` and ``${$}`` are these characters themselves."""
    parts = re.split(r"(\$\{[*?$]\}|[*?])", pattern)
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(part) or re.escape(_literal(part)) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _arn_like(pattern, arn):
    """Match ARNs part by part: a star does not reach over the first five colons."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


_OPERATORS = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equal_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    # The two behave identically.
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (_boolean, False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
}


def _filled(text, request):
    """Return a text with its policy variables filled in; one that the request lacks matches nothing."""

    def value(match):
        if match[1] in {"*", "?", "$"}:
            return match[0]
        if "," in match[1]:
            raise UnknownPolicyElementError(f"a variable with a default: {match[0]}")
        found = request.value(match[1])
        if isinstance(found, list):
            raise UnknownPolicyElementError(f"a variable with several values: {match[0]}")
        # What a value holds is meant literally.
        return "\0" if found is None else re.sub(r"[*?$]", lambda special: f"${{{special[0]}}}", found)

    return _VARIABLE.sub(value, text)


def _literal(text):
    return re.sub(r"\$\{([*?$])\}", r"\1", text)


def _list(value):
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [value]
