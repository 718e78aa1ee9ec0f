"""Buckets and databases cannot be reached by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.documents import NotADocumentError, allowed, everybody
from policies.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_WITH_ACL = ("aws:s3/bucket:Bucket", "aws:s3/bucketAcl:BucketAcl")
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_DATABASES = ("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    if args.resource_type == _BLOCK:
        for flag in _FLAGS:
            if args.props.get(flag) is not True:
                yield f"{flag} is not true, so the bucket can become public; set it"
    elif args.resource_type in _WITH_ACL:
        if args.props.get("acl") in _PUBLIC_ACLS:
            yield f"acl '{args.props.get('acl')}' makes the bucket public; use policies, and no ACL"
    elif args.resource_type in _DATABASES:
        if args.props.get("publiclyAccessible") is True:
            yield "publiclyAccessible gives the database an address on the internet; set it to false"
    else:
        yield from _bucket_policy(args)


def _bucket_policy(args: ResourceValidationArgs) -> Iterator[str]:
    try:
        statements = list(allowed(args.props.get("policy")))
    except NotADocumentError:
        # The rule about policy documents says so.
        return
    for name, statement in statements:
        if everybody(statement):
            yield f"policy: {name} makes the bucket public; name the principals that read it"


RULE = Rule(
    name="data-is-private",
    description="No bucket and no database is open to the world.",
    reason="A bucket or a database that is open to the world is found by scanners within hours.",
    source="Amazon S3 User Guide, Blocking public access to your Amazon S3 storage",
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    fix="Block public access, grant by policies that name principals, and give databases no public address.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=(_BLOCK, *_WITH_ACL, *_DATABASES, _POLICY),
    check=_check,
)
