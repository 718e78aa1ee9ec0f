"""The network of the cluster: subnets for nodes, load balancers and databases, and the ways in and out.

As the Amazon EKS Best Practices Guide has it (https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html):
nodes in private subnets, load balancers and NAT gateways in public ones, at least two zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ec2

from components.aws.cidr_plan import plan_subnets
from components.aws.flow_logs import FlowLogs, FlowLogsArgs
from components.aws.routes import Routes, RoutesArgs
from components.aws.stack import aws_settings
from components.aws.tags import tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network

    from components.aws.keys import Keys
    from mlplatform.config import Settings
    from mlplatform.config.aws import ExistingNetworkSection

# By these tags load balancers find their subnets; one with the name of the cluster is needed no more.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets
PUBLIC_BALANCERS = {"kubernetes.io/role/elb": "1"}
INTERNAL_BALANCERS = {"kubernetes.io/role/internal-elb": "1"}


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of the network.

    Attributes:
        settings: the stack's settings, with ``aws``.
        keys: the keys; flow logs are encrypted with that of logs.

    """

    settings: Settings
    keys: Keys


class Network(pulumi.ComponentResource):
    """A VPC with private, public and database subnets in each zone; or one outside this stack.

    Attributes:
        vpc_id: id of the VPC.
        private_subnet_ids: subnets of nodes and pods, one a zone.
        public_subnet_ids: subnets of load balancers that the internet reaches, one a zone; may be none in a VPC
            outside this stack.
        database_subnet_ids: subnets of databases, one a zone; the private ones in an existing VPC that has none.
        ready: what must be there before anything in the subnets has a way out, and outlive it: at teardown a NAT
            gateway that goes before its users would leave them stuck.

    """

    vpc_id: pulumi.Input[str]
    private_subnet_ids: list[pulumi.Input[str]]
    public_subnet_ids: list[pulumi.Input[str]]
    database_subnet_ids: list[pulumi.Input[str]]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the network, or take the existing one as it is.

        Args:
            name: first part of all names.
            args: the settings, and the key of its logs.
            opts: options of the component.

        """
        network = aws_settings(args.settings).network
        super().__init__("mlplatform:aws:Network", name, {"cidr": network.cidr}, opts)
        self._name, self._settings = name, args.settings
        self._inside = pulumi.ResourceOptions(parent=self)
        if network.existing is not None:
            self._take(network.existing)
        elif network.cidr is not None:
            self._create(args.keys, network.cidr)
        else:
            raise ValueError("neither a new network nor an existing one; the rules of the settings refuse that")
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "privateSubnetIds": self.private_subnet_ids,
                "publicSubnetIds": self.public_subnet_ids,
                "databaseSubnetIds": self.database_subnet_ids,
            }
        )

    def _take(self, existing: ExistingNetworkSection) -> None:
        self.vpc_id = existing.vpc_id
        self.private_subnet_ids = _by_zone(existing.private_subnets)
        self.public_subnet_ids = _by_zone(existing.public_subnets)
        self.database_subnet_ids = _by_zone(existing.database_subnets or existing.private_subnets)
        self.ready = []

    def _create(self, keys: Keys, cidr: str) -> None:
        vpc = ec2.Vpc(
            self._name,
            cidr_block=cidr,
            # Nodes reach the cluster's private endpoint, and pods the database, by names that only the VPC resolves.
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=tags(self._settings, self._name),
            opts=self._inside,
        )
        # Without rules: what is in no group of its own reaches nothing (CIS AWS Foundations Benchmark, "Ensure the
        # default security group of every VPC restricts all traffic").
        ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=tags(self._settings, f"{self._name}-default"),
            opts=self._inside,
        )
        # In the order of their names: zones in another order are no change.
        plan = plan_subnets(cidr, sorted(aws_settings(self._settings).network.zones))
        private = self._subnets(vpc, "private", {zone.zone: zone.private for zone in plan}, INTERNAL_BALANCERS)
        public = self._subnets(vpc, "public", {zone.zone: zone.public for zone in plan}, PUBLIC_BALANCERS)
        database = self._subnets(vpc, "database", {zone.zone: zone.database for zone in plan}, {})
        routes = Routes(
            self._name,
            RoutesArgs(settings=self._settings, vpc=vpc, private=private, public=public, database=database),
            opts=self._inside,
        )
        FlowLogs(
            f"{self._name}-flow-logs",
            FlowLogsArgs(settings=self._settings, vpc_id=vpc.id, key_arn=keys.logs),
            opts=self._inside,
        )
        self.vpc_id = vpc.id
        self.private_subnet_ids = [subnet.id for subnet in private.values()]
        self.public_subnet_ids = [subnet.id for subnet in public.values()]
        self.database_subnet_ids = [subnet.id for subnet in database.values()]
        self.ready = routes.ready

    def _subnets(
        self, vpc: ec2.Vpc, kind: str, blocks: Mapping[str, IPv4Network], extra_tags: Mapping[str, str]
    ) -> dict[str, ec2.Subnet]:
        """Create one subnet a zone; zone -> subnet."""
        return {
            zone: ec2.Subnet(
                f"{self._name}-{kind}-{zone}",
                vpc_id=vpc.id,
                availability_zone=zone,
                cidr_block=str(block),
                # Load balancers and NAT gateways bring their public addresses; nothing else is to have one.
                map_public_ip_on_launch=False,
                tags={**tags(self._settings, f"{self._name}-{kind}-{zone}"), **extra_tags},
                opts=self._inside,
            )
            for zone, block in blocks.items()
        }


def _by_zone(subnets: Mapping[str, str]) -> list[pulumi.Input[str]]:
    """Return subnets in the order of their zones: in another order they are no change."""
    return [subnets[zone] for zone in sorted(subnets)]
