"""Buckets and databases are for nobody from outside."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from .documents import NotADocumentError, allowed, everybody

_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_WITH_ACL = ("aws:s3/bucket:Bucket", "aws:s3/bucketAcl:BucketAcl")
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_DATABASES = ("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type == _BLOCK:
        for flag in _FLAGS:
            if args.props.get(flag) is not True:
                report_violation(f"{flag} is not true, so the bucket can become public; set it", None)
    elif args.resource_type in _WITH_ACL:
        if args.props.get("acl") in _PUBLIC_ACLS:
            report_violation(f"acl '{args.props.get('acl')}' makes the bucket public; use policies, and no ACL", None)
    elif args.resource_type in _DATABASES:
        if args.props.get("publiclyAccessible") is True:
            report_violation("publiclyAccessible gives the database an address on the internet; set it to false", None)
    elif args.resource_type == _POLICY:
        _bucket_policy(args, report_violation)


def _bucket_policy(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    try:
        found = list(allowed(args.props.get("policy")))
    except NotADocumentError:
        # The rule about policy documents says so.
        return
    for name, statement in found:
        if everybody(statement):
            report_violation(f"policy: {name} makes the bucket public; name the principals that read it", None)


data_is_private = ResourceValidationPolicy(
    name="data-is-private",
    description="No bucket and no database is open to the world.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
