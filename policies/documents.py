"""What the rules about AWS share: reading policy documents of IAM, S3 and KMS, in whatever form a resource has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.objects import items

Statement = Mapping[str, Any]

# Type of a resource -> its input that is a policy document.
DOCUMENTS = {
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
}
# Documents of identities, whose resources are not those that they belong to.
IDENTITY = ("aws:iam/groupPolicy:", "aws:iam/policy:", "aws:iam/rolePolicy:", "aws:iam/userPolicy:")
# A condition with one of these holds a statement for everybody to one account or network. Source: Amazon S3 User Guide,
# "Blocking public access to your Amazon S3 storage", the meaning of "public".
_LIMITS = re.compile(
    r"aws:(PrincipalAccount|PrincipalArn|PrincipalOrgID|SourceAccount|SourceArn|SourceVpc|SourceVpce)|kms:CallerAccount",
    re.IGNORECASE,
)
_LIMITING = ("StringEquals", "ArnEquals", "ArnLike", "StringLike")


class NotADocumentError(ValueError):
    """A text that should be a policy document is none."""


def statements(document: object) -> list[Statement]:
    """Return the statements of a policy document, which is JSON or what becomes JSON.

    Raises:
        NotADocumentError: it is none.

    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            raise NotADocumentError("is no JSON") from None
    given = document.get("Statement") if isinstance(document, Mapping) else None
    listed = [given] if isinstance(given, Mapping) else items(given)
    if not listed or not all(isinstance(statement, Mapping) for statement in listed):
        raise NotADocumentError("has no statements")
    return listed


def allowed(document: object) -> Iterator[tuple[str, Statement]]:
    """Yield (name, statement) of those that permit something; the name is the ``Sid``, else the index.

    Raises:
        NotADocumentError: it is no policy document.

    """
    for index, statement in enumerate(statements(document)):
        if statement.get("Effect") == "Allow":
            yield str(statement.get("Sid") or f"Statement[{index}]"), statement


def values(element: object) -> list[str]:
    """Return the texts of an element that is one text or a list of them."""
    return [element] if isinstance(element, str) else [str(item) for item in items(element)]


def everybody(statement: Statement) -> bool:
    """Whether a statement of a resource's policy is for everybody in the world."""
    principal = statement.get("Principal")
    kinds = list(principal.values()) if isinstance(principal, Mapping) else [principal]
    if "NotPrincipal" not in statement and not any("*" in values(kind) for kind in kinds):
        return False
    return not any(_limits(operator, tests) for operator, tests in (statement.get("Condition") or {}).items())


def _limits(operator: str, tests: Mapping[str, Any]) -> bool:
    return operator in _LIMITING and any(
        _LIMITS.fullmatch(key) and not any(value.strip("*") == "" for value in values(tests[key])) for key in tests
    )
