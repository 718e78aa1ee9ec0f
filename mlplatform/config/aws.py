"""Settings of what the stack brings along on AWS: network, keys, node groups, buckets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlplatform.config.aws_fields import (
    AccountId,
    BucketName,
    Cidr,
    Folders,
    InstanceTypes,
    KeyArn,
    Prefix,
    Principal,
    Reader,
    Region,
    RetentionDays,
    ServiceCidr,
    SubnetId,
    TagKey,
    TagValue,
    VpcCidr,
    VpcId,
    Zone,
)
from mlplatform.config.fields import Count, CountOrZero, Label, Section

Purpose = Literal["artifacts", "releases", "backups"]
NodeKind = Literal["system", "cpu", "gpu"]
# Keys of the tags that components.aws.tags sets by itself.
OWN_TAGS = ("Name", "Environment", "Owner", "CostCentre", "ManagedBy")


def bucket_name(prefix: str, purpose: Purpose, account: str, region: str) -> str:
    """Return the name of a bucket: names are global, so that account and region are part of it.

    Args:
        prefix: of all names of the stack, at most 20 characters.
        purpose: what is kept in it.
        account: id of the AWS account, 12 digits.
        region: region of the bucket.

    """
    return f"{prefix}-{purpose}-{account}-{region}"


class TagsSection(Section):
    """Tags of everything that can have some."""

    owner: TagValue = Field(description="who answers for it: tag Owner")
    cost_centre: TagValue = Field(description="who pays for it: tag CostCentre")
    additional: dict[TagKey, TagValue] = Field(default_factory=dict, description="further tags: key -> value")


class ExistingNetworkSection(Section):
    """A network that somebody else made."""

    vpc_id: VpcId = Field(description="id of the VPC")
    private_subnets: dict[Zone, SubnetId] = Field(description="zone -> subnet of the nodes and pods")
    public_subnets: dict[Zone, SubnetId] = Field(
        default_factory=dict, description="zone -> subnet of load balancers; none: none are needed"
    )
    database_subnets: dict[Zone, SubnetId] = Field(
        default_factory=dict, description="zone -> subnet of databases; the default is those of the nodes"
    )


class NetworkSection(Section):
    """The network of cluster and database."""

    cidr: VpcCidr | None = Field(default=None, description="addresses of the VPC, for example 10.40.0.0/16")
    zones: tuple[Zone, ...] = Field(default=(), description="availability zones, for example [eu-central-1a, ...]")
    nat_gateways: Literal["perZone", "single"] | None = Field(
        default=None, description="ways out: one for each zone, or a single one; production: perZone, else single"
    )
    service_cidr: ServiceCidr = Field(default="172.20.0.0/16", description="addresses of Kubernetes' Services")
    peered_cidrs: tuple[Cidr, ...] = Field(
        default=(), description="networks that the VPC is connected with, or will be, which it must not overlap"
    )
    flow_log_retention_days: RetentionDays = Field(default=365, description="how long the VPC's flow logs are kept")
    existing: ExistingNetworkSection | None = Field(
        default=None, description="a network that is there already, instead of cidr, zones and natGateways"
    )


class KeysSection(Section):
    """The KMS keys that everything is encrypted with."""

    existing: KeyArn | None = Field(
        default=None, description="one key that is there already, for everything; none: the stack makes one a purpose"
    )


class NodeGroup(Section):
    """A group of nodes of one kind."""

    name: Label = Field(description="name of the group")
    kind: NodeKind = Field(description="system (always there; the platform), cpu or gpu (models and training)")
    instance_types: InstanceTypes = Field(description="list of EC2 instance types, the preferred one first")
    min_size: CountOrZero = Field(description="fewest nodes")
    max_size: Count = Field(description="most nodes, for the autoscaler")
    disk_gib: Annotated[int, Field(strict=True, ge=20, le=16384)] = Field(
        default=100, description="size of each node's disk, in GiB"
    )
    capacity: Literal["onDemand", "spot"] = Field(
        default="onDemand", description="spot: cheaper, and taken away at two minutes' notice"
    )


class ArtifactsBucketSection(Section):
    """The bucket of MLflow's artifacts."""

    prefix: Folders = Field(default="mlflow", description="folder of the artifacts in it")
    existing: BucketName | None = Field(default=None, description="a bucket that is there already")
    key_arn: KeyArn | None = Field(
        default=None,
        description="the KMS key that this existing bucket is encrypted with; the default is keys.existing",
    )
    readers: tuple[Reader, ...] = Field(default=(), description="IAM roles of others that may read it")
    noncurrent_days: Count = Field(default=90, description="how long overwritten and deleted versions are kept")


class ReleasesBucketSection(Section):
    """The bucket that locked models are served from."""

    existing: BucketName | None = Field(default=None, description="a bucket that is there already")
    key_arn: KeyArn | None = Field(
        default=None,
        description="the KMS key that this existing bucket is encrypted with; the default is keys.existing",
    )
    readers: tuple[Reader, ...] = Field(default=(), description="IAM roles of others that may read it")
    releasers: tuple[Principal, ...] = Field(
        default=(), description="IAM roles or users that may take on the releaser's role, which alone writes"
    )


class BackupsBucketSection(Section):
    """The bucket of the database's backups."""

    existing: BucketName | None = Field(default=None, description="a bucket that is there already")
    key_arn: KeyArn | None = Field(
        default=None,
        description="the KMS key that this existing bucket is encrypted with; the default is keys.existing",
    )


class BucketsSection(Section):
    """The buckets."""

    artifacts: ArtifactsBucketSection = Field(
        default_factory=ArtifactsBucketSection, description="the bucket of MLflow's artifacts"
    )
    releases: ReleasesBucketSection = Field(
        default_factory=ReleasesBucketSection, description="the bucket of locked models"
    )
    backups: BackupsBucketSection = Field(
        default_factory=BackupsBucketSection, description="the bucket of the database's backups"
    )


class AwsSection(Section):
    """What the stack brings along on AWS."""

    region: Region = Field(description="region of everything, for example eu-central-1")
    account_id: AccountId = Field(description='id of the AWS account, 12 digits in quotes, for example "123456789012"')
    prefix: Prefix = Field(description="what all names begin with, for example mlplatform-prod; the cluster's name")
    tags: TagsSection = Field(description='tags of everything, for example {owner: ml-platform, costCentre: "4711"}')
    network: NetworkSection = Field(
        description="the network, for example {cidr: 10.40.0.0/16, zones: [eu-central-1a, ...]}"
    )
    keys: KeysSection = Field(default_factory=KeysSection, description="the keys that everything is encrypted with")
    node_groups: tuple[NodeGroup, ...] = Field(description="list of node groups, one of them of kind system")
    buckets: BucketsSection = Field(default_factory=BucketsSection, description="the buckets")

    def bucket(self, purpose: Purpose) -> str:
        """Return the name of the bucket of a purpose: the existing one, or that of the stack's own."""
        existing: str | None = getattr(self.buckets, purpose).existing
        return existing or bucket_name(self.prefix, purpose, self.account_id, self.region)
