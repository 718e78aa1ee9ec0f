"""Production's data is lost by no change of a program: protected in Pulumi, and by AWS itself where AWS can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

_CLUSTER, _DATABASE = "aws:eks/cluster:Cluster", "aws:rds/instance:Instance"
STATEFUL = (_CLUSTER, _DATABASE, "aws:kms/key:Key", "aws:s3/bucket:Bucket")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type not in STATEFUL or _environment(args.props.get("tags")) != "production":
        return
    if args.opts is None or args.opts.protect is not True:
        report_violation("is not protected in production; pass ResourceOptions(protect=True)", None)
    if args.resource_type in {_CLUSTER, _DATABASE} and args.props.get("deletionProtection") is not True:
        report_violation("deletionProtection is not true in production; set it", None)
    if args.resource_type == _DATABASE and args.props.get("skipFinalSnapshot") is True:
        report_violation("skipFinalSnapshot is true in production: its deletion leaves nothing; set it to false", None)
    if args.resource_type == "aws:s3/bucket:Bucket" and args.props.get("forceDestroy") is True:
        report_violation("forceDestroy is true in production: its deletion takes all objects along; leave it out", None)


def _environment(tags: Any) -> Any:
    """Return what the resource itself says it belongs to: a rule sees one resource and no settings."""
    return tags.get("Environment") if isinstance(tags, Mapping) else None


stateful_resource_is_protected = ResourceValidationPolicy(
    name="stateful-resource-is-protected",
    description="Production's buckets, keys, database and cluster cannot be deleted by a change of the program.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
