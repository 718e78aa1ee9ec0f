"""Rules of the section ``aws``: what it needs, keys, tags, buckets and who reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mlplatform.config.aws import OWN_TAGS, Purpose
from mlplatform.config.aws_fields import KEY
from mlplatform.config.rules import aws_cluster, aws_network, aws_stores
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

# IAM takes keys that differ in case only for one.
_OWN_TAGS = {tag.lower(): tag for tag in OWN_TAGS}
# What EKS and its autoscaler find things by.
_RESERVED_TAGS = ("kubernetes.io/", "k8s.io/", "eks:")
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: 50 for each resource, of which
# EKS adds some to node groups beside the stack's own.
_MOST_TAGS = 50
_MOST_ADDITIONAL = _MOST_TAGS - 10
_BUCKETS: tuple[Purpose, ...] = get_args(Purpose)


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    kind = (section(raw, "cluster") or {}).get("kind")
    aws = section(raw, "aws")
    if kind == "eks":
        yield from aws_cluster.findings(raw)
        if raw.get("aws") is None:
            yield ("aws",), "is required with cluster.kind eks: where the cluster stands, and what with"
    elif kind == "existing" and aws is not None:
        yield (
            ("cluster", "kind"),
            "existing cannot be combined with the section aws, which brings a cluster; use eks, or remove aws",
        )
    yield from aws_stores.without_aws(raw)
    if aws is None:
        return
    yield from aws_network.findings(raw, aws)
    yield from aws_cluster.node_groups(raw, aws)
    yield from aws_stores.findings(raw, aws)
    yield from _keys(aws)
    yield from _tags(aws)
    yield from _buckets(aws)


def _keys(aws: dict[str, Any]) -> Iterator[Finding]:
    region, account = aws.get("region"), aws.get("accountId")
    key_settings = [(("keys",), "existing"), *((("buckets", purpose), "keyArn") for purpose in _BUCKETS)]
    for section_path, key in key_settings:
        arn = (section(aws, *section_path) or {}).get(key)
        match = KEY.fullmatch(arn) if isinstance(arn, str) else None
        path: Path = ("aws", *section_path, key)
        if match is not None and isinstance(region, str) and match["region"] != region:
            yield path, f"is a key of {match['region']}, and keys work in their own region only; use one of {region}"
        # Objects of a bucket can be encrypted with a key of anybody who lets this account use it. Disks of nodes cannot
        # without a grant to the role that starts them: Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy
        # for use with encrypted volumes".
        if match is not None and key == "existing" and isinstance(account, str) and match["account"] != account:
            yield path, f"is a key of account {match['account']}, with which no node starts; use one of {account}"


def _tags(aws: dict[str, Any]) -> Iterator[Finding]:
    path: Path = ("aws", "tags", "additional")
    additional = section(aws, "tags", "additional") or {}
    first: dict[str, str] = {}
    for key in map(str, additional):
        other = first.setdefault(key.lower(), key)
        if (stack_tag := _OWN_TAGS.get(key.lower())) is not None:
            yield (*path, key), f"is a tag that the stack sets itself ({stack_tag}); remove it"
        elif key.lower().startswith(_RESERVED_TAGS):
            yield (*path, key), "is a tag that Kubernetes and EKS find things by; use a key of your own"
        elif other != key:
            yield (*path, key), f"differs from {other} in case only, which IAM takes for the same key; remove one"
    if len(additional) > _MOST_ADDITIONAL:
        yield (
            path,
            (
                f"has {len(additional)} tags; AWS takes {_MOST_TAGS}, some of them the stack's own: use at most "
                f"{_MOST_ADDITIONAL}"
            ),
        )


def _buckets(aws: dict[str, Any]) -> Iterator[Finding]:
    names: dict[str, str] = {}
    for purpose in _BUCKETS:
        bucket = section(aws, "buckets", purpose) or {}
        path: Path = ("aws", "buckets", purpose)
        name = bucket.get("existing")
        if name is None and bucket.get("keyArn") is not None:
            yield (*path, "keyArn"), "is for a bucket that is named in existing; name one, or use aws.keys.existing"
        if not isinstance(name, str) or not name:
            continue
        if (other := names.setdefault(name, purpose)) != purpose:
            yield (*path, "existing"), f"'{name}' is already the bucket of {other}; each has other writers: use another"
        for key in ("readers", "noncurrentDays"):
            if bucket.get(key):
                yield (
                    (*path, key),
                    "cannot be combined with existing: policy and life cycle of that bucket are its owner's; remove it",
                )
