"""Who may do what on AWS is said by name: actions, principals, and resources where a service knows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity
from pulumi_policy.proxy import UnknownValueError

from policies.documents import DOCUMENTS, IDENTITY, NotADocumentError, allowed, everybody, values
from policies.objects import items
from policies.rule import Rule

Owner = Literal["identity", "role or key", "bucket"]
_ATTACHMENTS = (
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
)
# AWS's own policies that permit a whole service, or all of them.
_BROAD = re.compile(
    r"arn:aws[\w-]*:iam::aws:policy/(.*/)?(AdministratorAccess|PowerUserAccess|IAMFullAccess|\w*FullAccess)"
)
# Most of what only looks knows no resource.
_LOOKS = re.compile(r"[a-z0-9-]+:(Describe|List)\w*")
_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    if args.resource_type in _ATTACHMENTS:
        yield from _attachment(args)
        return
    for key, document, owner in _documents(args):
        try:
            for fault in document_faults(document, of=owner):
                yield f"{key}: {fault}"
        except NotADocumentError as error:
            yield f"{key} {error}; write an IAM policy document"


def _documents(args: ResourceValidationArgs) -> Iterator[tuple[str, object, Owner]]:
    """Yield (path, document, what it belongs to); what is known comes before what may not be."""
    if args.resource_type == "aws:iam/role:Role" and "inlinePolicies" in list(args.props):
        for index, inline in enumerate(items(args.props.get("inlinePolicies"))):
            yield f"inlinePolicies[{index}].policy", inline.get("policy"), "identity"
    key = DOCUMENTS.get(args.resource_type)
    if key is not None and key in list(args.props):
        yield key, args.props.get(key), _owner(args.resource_type)


def _attachment(args: ResourceValidationArgs) -> Iterator[str]:
    try:
        arn = args.props.get("policyArn")
    except UnknownValueError:
        # Of a policy that is yet to be made, and judged itself. AWS's own have ARNs that everybody knows.
        return
    if isinstance(arn, str) and _BROAD.fullmatch(arn):
        yield f"policyArn '{arn}' permits far more than one purpose needs; write a policy of its own"


def _owner(kind: str) -> Owner:
    if kind == "aws:s3/bucketPolicy:BucketPolicy":
        return "bucket"
    return "identity" if kind.startswith(IDENTITY) else "role or key"


def document_faults(document: object, *, of: Owner) -> Iterator[str]:
    """Yield what a policy document permits by a star.

    Args:
        document: JSON, or what becomes JSON.
        of: what it belongs to. Those of identities name resources, the others principals; who a bucket is open to is
            another rule's.

    Raises:
        NotADocumentError: it is no policy document.

    """
    for name, statement in allowed(document):
        actions = values(statement.get("Action"))
        if "NotAction" in statement or any("*" in action for action in actions):
            yield f"{name} permits actions by a star; name each action"
        if "NotResource" in statement:
            yield f"{name} permits everything but some resources; name the resources"
        if of == "identity" and "*" in values(statement.get("Resource")) and not all(map(_LOOKS.fullmatch, actions)):
            yield f"{name} permits more than to look, on every resource; name the resources"
        if of == "role or key" and everybody(statement):
            yield f"{name} is for everybody; name the principals, or hold it to one account by a condition"
        if _WEB_IDENTITY in actions and not _exact_claims(statement.get("Condition")):
            yield f"{name} trusts more than one account of a cluster; compare :sub and :aud by StringEquals"


def _exact_claims(condition: Any) -> bool:
    equal = condition.get("StringEquals") if isinstance(condition, Mapping) else None
    claims = list(equal) if isinstance(equal, Mapping) else []
    return all(any(claim.endswith(suffix) for claim in claims) for suffix in (":sub", ":aud"))


RULE = Rule(
    name="iam-policy-has-no-wildcard",
    description="Policies of IAM, KMS and S3 permit named actions to named principals, on named resources.",
    reason="A star permits what nobody reviewed, and what AWS adds tomorrow.",
    source="AWS IAM User Guide, Security best practices in IAM: apply least-privilege permissions",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    fix="Name each action, each principal, and each resource where the service knows them.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=(*DOCUMENTS, *_ATTACHMENTS),
    check=_check,
)
