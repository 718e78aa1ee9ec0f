"""Production's data is lost by no change of a program: protected in Pulumi, and by AWS itself where AWS can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule

_CLUSTER, _DATABASE = "aws:eks/cluster:Cluster", "aws:rds/instance:Instance"
_BUCKET, _KEY = "aws:s3/bucket:Bucket", "aws:kms/key:Key"


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    if _environment(args.props.get("tags")) != "production":
        return
    if args.opts is None or args.opts.protect is not True:
        yield "is not protected in production; pass ResourceOptions(protect=True)"
    if args.resource_type in {_CLUSTER, _DATABASE} and args.props.get("deletionProtection") is not True:
        yield "deletionProtection is not true in production; set it"
    if args.resource_type == _DATABASE and args.props.get("skipFinalSnapshot") is True:
        yield "skipFinalSnapshot is true in production: its deletion leaves nothing; set it to false"
    if args.resource_type == _BUCKET and args.props.get("forceDestroy") is True:
        yield "forceDestroy is true in production: its deletion takes all objects along; leave it out"


def _environment(tags: Any) -> Any:
    """Return what the resource itself says it belongs to: a rule sees one resource and no settings."""
    return tags.get("Environment") if isinstance(tags, Mapping) else None


RULE = Rule(
    name="stateful-resource-is-protected",
    description="Production's buckets, keys, database and cluster cannot be deleted by a change of the program.",
    reason="Data that an update deletes is gone, whoever meant what.",
    source="Pulumi, Resource option: protect",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    fix="Pass ResourceOptions(protect=True), and turn on the deletion protection of the service.",
    severity=Severity.CRITICAL,
    level=EnforcementLevel.MANDATORY,
    resource_types=(_CLUSTER, _DATABASE, _KEY, _BUCKET),
    check=_check,
)
