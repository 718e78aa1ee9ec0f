"""What AWS stores is encrypted, buckets and log groups with a key of the account's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import items
from policies.rule import Rule

# Type -> input that has to be true. The provider takes some of them as texts.
_FLAGS = {
    "aws:ebs/volume:Volume": "encrypted",
    "aws:efs/fileSystem:FileSystem": "encrypted",
    "aws:rds/cluster:Cluster": "storageEncrypted",
    "aws:rds/instance:Instance": "storageEncrypted",
}
_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_CLUSTER = "aws:eks/cluster:Cluster"
_BUCKET = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    kind, properties = args.resource_type, args.props
    if kind in _FLAGS and not _true(properties.get(_FLAGS[kind])):
        yield f"{_FLAGS[kind]} is not true; set it, and kmsKeyId to the key"
    elif kind == _LAUNCH_TEMPLATE:
        yield from _volume_faults(properties.get("blockDeviceMappings"))
    elif kind == _CLUSTER:
        encryption = properties.get("encryptionConfig")
        if not isinstance(encryption, Mapping) or "secrets" not in items(encryption.get("resources")):
            yield "encryptionConfig.resources lacks secrets; encrypt Kubernetes Secrets with a KMS key"
    elif kind == _BUCKET:
        yield from _bucket_faults(properties.get("rules"))
    elif kind == _LOG_GROUP and "kmsKeyId" not in list(properties):
        # That there is a key counts; its ARN may not be known yet.
        yield "kmsKeyId is missing; name the key that the log group is encrypted with"


def _volume_faults(mappings: Any) -> Iterator[str]:
    if not items(mappings):
        # The image's own volume then, which no image encrypts.
        yield "blockDeviceMappings names no volume; give the root volume with ebs.encrypted"
        return
    for index, mapping in enumerate(items(mappings)):
        ebs = mapping.get("ebs") if isinstance(mapping, Mapping) else None
        if isinstance(ebs, Mapping) and not _true(ebs.get("encrypted")):
            yield f"blockDeviceMappings[{index}].ebs.encrypted is not true; set it, and kmsKeyId to the key"


def _bucket_faults(rules: Any) -> Iterator[str]:
    for index, rule in enumerate(items(rules)):
        default = rule.get("applyServerSideEncryptionByDefault") if isinstance(rule, Mapping) else None
        algorithm = default.get("sseAlgorithm") if isinstance(default, Mapping) else None
        if algorithm not in {"aws:kms", "aws:kms:dsse"}:
            yield f"rules[{index}] encrypts with no KMS key; use sseAlgorithm aws:kms with kmsMasterKeyId"


def _true(value: object) -> bool:
    return value is True or value == "true"


RULE = Rule(
    name="storage-is-encrypted",
    description="Volumes, databases, buckets, log groups and the cluster's Secrets are encrypted.",
    reason="Disks, snapshots and backups leave the account's hands sooner or later.",
    source="AWS Well-Architected Framework, SEC08-BP02 Enforce encryption at rest",
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_rest_encrypt.html",
    fix="Turn encryption on, and name a key of the account where the service takes one.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=(*_FLAGS, _LAUNCH_TEMPLATE, _CLUSTER, _BUCKET, _LOG_GROUP),
    check=_check,
)
