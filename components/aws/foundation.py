"""All that lies below the platform on AWS: network, keys, buckets and cluster. Nothing in it is a Kubernetes object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.aws.buckets import Buckets, BucketsArgs
from components.aws.eks_cluster import EksCluster, EksClusterArgs
from components.aws.keys import Keys, KeysArgs
from components.aws.network import Network, NetworkArgs
from components.aws.stack import aws_settings

if TYPE_CHECKING:
    from mlplatform.config import Settings


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """Arguments of the foundation.

    Attributes:
        settings: the stack's settings, with ``aws``.

    """

    settings: Settings


class Foundation(pulumi.ComponentResource):
    """Network, keys, buckets and cluster of a stack that brings its section.

    Attributes:
        provider: the provider that everything on AWS names explicitly.
        keys: the keys that everything is encrypted with.
        network: the network of cluster and database.
        buckets: the buckets.
        cluster: the cluster.

    """

    provider: aws.Provider
    keys: Keys
    network: Network
    buckets: Buckets
    cluster: EksCluster

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the parts, each with what it needs of the others.

        Args:
            name: first part of all logical names, the stack's prefix: Pulumi names after it what has no name of its
                section.
            args: the settings.
            opts: options of the component.

        """
        settings, section = args.settings, aws_settings(args.settings)
        super().__init__(
            "mlplatform:aws:Foundation", name, {"region": section.region, "accountId": section.account_id}, opts
        )
        self.provider = aws.Provider(
            name,
            region=section.region,
            # Credentials of another account would build all of this there.
            allowed_account_ids=[section.account_id],
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, provider=self.provider)
        self.keys = Keys(name, KeysArgs(settings=settings), opts=inside)
        self.network = Network(name, NetworkArgs(settings=settings, keys=self.keys), opts=inside)
        self.buckets = Buckets(name, BucketsArgs(settings=settings, keys=self.keys), opts=inside)
        self.cluster = EksCluster(
            name, EksClusterArgs(settings=settings, keys=self.keys, network=self.network), opts=inside
        )
        self.register_outputs(
            {
                "clusterName": self.cluster.cluster_name,
                "vpcId": self.network.vpc_id,
                "releaserArn": self.buckets.releaser_arn,
            }
        )
