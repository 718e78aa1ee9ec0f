"""The vocabulary of the AWS settings: regions, accounts, networks, names, ARNs, tags.

Each check says what is wrong and what would be right. Only the partition ``aws`` is known: ARNs, service principals and
domains of the others (China, GovCloud) differ, and nothing here was tried there.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from mlplatform.config.fields import wrong
from mlplatform.config.instance_types import is_instance_type
from mlplatform.config.networks import PRIVATE, ipv4_network, vpc_network, zone_parts

_T = TypeVar("_T")

_REGION = re.compile(r"(?!cn-|us-gov-|us-iso|eu-iso)[a-z]{2}(-[a-z]+)+-[0-9]")
_PREFIX = re.compile(r"(?!sthree(-|$)|amzn-s3-demo(-|$)|aws(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_PREFIX = 20
_BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)")
_FOLDERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of names and paths.
PRINCIPAL = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>role|user)/[\w+=,.@/-]+", re.ASCII)
KEY = re.compile(
    r"arn:aws:kms:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    re.ASCII,
)
_EXAMPLE = "arn:aws:iam::123456789012:role/name"
_VPC = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")
_SUBNET = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_INSTANCE_CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
# Without "=", and without spaces around: load balancers and volumes of Kubernetes get their tags as "key=value" texts,
# and the service controller cuts each at every "=" and trims it (cloud-provider-aws, pkg/providers/v1).
_TAG_TEXT = re.compile(r"[\w .:/+@-]*")
_MAX_TAG_KEY, _MAX_TAG_VALUE = 128, 256
# What CloudWatch Logs accepts, in days: API reference, PutRetentionPolicy.
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
# What the public endpoint never sees a request from: private, loopback, link-local, multicast, reserved.
_NEVER_PUBLIC = (*PRIVATE, *(IPv4Network(t) for t in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
_WIDEST_ENDPOINT = 8
_MOST_ENDPOINT_CIDRS = 40
# EKS API reference, KubernetesNetworkConfigRequest.
_LARGEST_SERVICES, _SMALLEST_SERVICES = 12, 24


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        raise wrong(
            f"'{value}' is no region of AWS; write for example eu-central-1 (regions of China and GovCloud are of "
            "other partitions, which this stack does not know)"
        )
    return value


def _account(value: Any) -> Any:
    # YAML reads 012345678901 as a number, and may read it as an octal one.
    if not isinstance(value, str) or not re.fullmatch(r"\d{12}", value, re.ASCII):
        raise wrong(
            "is no account id: 12 digits in quotes (without them, YAML makes a number of it); write for example "
            '"123456789012"'
        )
    return value


def _prefix(value: str) -> str:
    if len(value) > MAX_PREFIX or not _PREFIX.fullmatch(value):
        raise wrong(
            f"'{value}' is no prefix of names; use at most {MAX_PREFIX} lower-case letters, digits and single '-', "
            "starting with a letter, and no word that AWS keeps for itself (aws, sthree, amzn-s3-demo)"
        )
    return value


def _vpc_cidr(value: str) -> str:
    try:
        return str(vpc_network(value))
    except ValueError as error:
        raise wrong(str(error)) from None


def _cidr(value: str) -> str:
    try:
        return str(ipv4_network(value))
    except ValueError as error:
        raise wrong(str(error)) from None


def _service_cidr(value: str) -> str:
    network = IPv4Network(_cidr(value))
    if not _LARGEST_SERVICES <= network.prefixlen <= _SMALLEST_SERVICES:
        raise wrong(f"'{value}' has the wrong size for services; use /{_LARGEST_SERVICES} to /{_SMALLEST_SERVICES}")
    # The shared addresses are not for services: EKS API reference, KubernetesNetworkConfigRequest.
    if not any(network.subnet_of(private) for private in PRIVATE[:3]):
        raise wrong(f"'{value}' is not private; choose a part of {', '.join(map(str, PRIVATE[:3]))}")
    return value


def _endpoint_cidr(value: str) -> str:
    try:
        network = ipv4_network(value)
    except ValueError:
        reason = f"'{value}' is no IPv4 network; write its first address and the prefix, such as 203.0.113.0/24"
        raise wrong(reason) from None
    if network.prefixlen == 0:
        raise wrong(f"'{value}' would open the cluster's endpoint to the world; name your own networks")
    if network.prefixlen < _WIDEST_ENDPOINT:
        raise wrong(f"'{value}' is far more than networks of your own; write them one by one, each /8 or smaller")
    if any(network.overlaps(private) for private in _NEVER_PUBLIC):
        raise wrong(f"'{value}' is not public, and the public endpoint sees public addresses only; write those")
    return value


def _endpoint_cidrs(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise wrong(
            "is empty, which AWS takes for everybody; name your networks, or remove publicEndpoint for a private one"
        )
    if len(value) > _MOST_ENDPOINT_CIDRS:
        raise wrong(f"has {len(value)} networks; EKS takes at most {_MOST_ENDPOINT_CIDRS}: join neighbours")
    return value


def _some(what: str) -> AfterValidator:
    def check(value: tuple[_T, ...]) -> tuple[_T, ...]:
        if not value:
            raise wrong(f"is empty; name at least one {what}")
        return value

    return AfterValidator(check)


def _zone(value: str) -> str:
    try:
        zone_parts(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    return value


def _pattern(pattern: re.Pattern[str], what: str, right: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong(f"'{value}' is no {what}; write {right}")
        return value

    return AfterValidator(check)


def _principal(value: str) -> str:
    if "*" in value:
        raise wrong(f"'{value}' is more than one principal; name each role or user: {_EXAMPLE}")
    if ":assumed-role/" in value:
        raise wrong(f"'{value}' is a session; name its role: {_EXAMPLE}")
    if not PRINCIPAL.fullmatch(value):
        raise wrong(f"'{value}' is no role or user; write arn:aws:iam::<12 digit account>:role/<name>")
    return value


def _reader(value: str) -> str:
    if "*" in value:
        raise wrong(f"'{value}' would make the bucket public; name each role that reads it: {_EXAMPLE}")
    return _principal(value)


def _retention(value: int) -> int:
    if value not in RETENTIONS:
        nearest = next((days for days in RETENTIONS if days >= value), RETENTIONS[-1])
        raise wrong(f"{value} days is nothing that CloudWatch Logs offers; use for example {nearest}")
    return value


def _tag(most: int, *, key: bool) -> AfterValidator:
    def check(value: str) -> str:
        what = "key" if key else "value"
        if not 0 < len(value) <= most:
            raise wrong(f"is a {what} of {len(value)} characters; a tag's {what} has 1 to {most}")
        if key and value.lower().startswith("aws:"):
            raise wrong(f"'{value}' begins with aws:, which AWS keeps for itself")
        if not _TAG_TEXT.fullmatch(value):
            raise wrong(f"'{value}' is no {what} of a tag; use letters, digits, spaces and . : / + - @ _")
        if value != value.strip():
            raise wrong(f"'{value}' begins or ends with a space, which load balancers lose; remove it")
        return value

    return AfterValidator(check)


def _instance_type(value: str) -> str:
    if not is_instance_type(value):
        raise wrong(f"'{value}' is no EC2 instance type; write for example m7i.large")
    return value


Region = Annotated[str, AfterValidator(_region)]
AccountId = Annotated[str, BeforeValidator(_account)]
Prefix = Annotated[str, AfterValidator(_prefix)]
VpcCidr = Annotated[str, AfterValidator(_vpc_cidr)]
Cidr = Annotated[str, AfterValidator(_cidr)]
ServiceCidr = Annotated[str, AfterValidator(_service_cidr)]
EndpointCidrs = Annotated[tuple[Annotated[str, AfterValidator(_endpoint_cidr)], ...], AfterValidator(_endpoint_cidrs)]
Zone = Annotated[str, AfterValidator(_zone)]
VpcId = Annotated[str, _pattern(_VPC, "VPC", "its id, such as vpc-0123456789abcdef0")]
SubnetId = Annotated[str, _pattern(_SUBNET, "subnet", "its id, such as subnet-0123456789abcdef0")]
KeyArn = Annotated[
    str,
    _pattern(KEY, "KMS key", "arn:aws:kms:<region>:<12 digit account>:key/<id>, neither an alias nor a bare id"),
]
BucketName = Annotated[
    str, _pattern(_BUCKET, "bucket name", "3 to 63 lower-case letters, digits and '-' (a '.' breaks TLS to S3)")
]
Folders = Annotated[str, _pattern(_FOLDERS, "folder of a bucket", "letters, digits, '.', '_' and '-', such as mlflow")]
Principal = Annotated[str, AfterValidator(_principal)]
Administrators = Annotated[tuple[Principal, ...], _some("IAM role or user")]
Reader = Annotated[str, AfterValidator(_reader)]
RetentionDays = Annotated[int, Field(strict=True), AfterValidator(_retention)]
TagKey = Annotated[str, _tag(_MAX_TAG_KEY, key=True)]
TagValue = Annotated[str, _tag(_MAX_TAG_VALUE, key=False)]
InstanceType = Annotated[str, AfterValidator(_instance_type)]
InstanceTypes = Annotated[tuple[InstanceType, ...], _some("instance type")]
InstanceClass = Annotated[
    str, _pattern(_INSTANCE_CLASS, "class of a database instance", "db.<family>.<size>, such as db.m7g.large")
]
