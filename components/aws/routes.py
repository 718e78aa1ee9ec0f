"""The ways out of the subnets: the internet gateway, NAT gateways, and the short way to S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ec2

from components.aws.stack import aws_settings
from components.aws.tags import tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config import Settings

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class RoutesArgs:
    """What is to get out.

    Attributes:
        settings: the stack's settings, with ``aws``.
        vpc: the VPC.
        private: zone -> subnet that gets out through a NAT gateway.
        public: zone -> subnet that is in the internet.
        database: zone -> subnet that does not get out.

    """

    settings: Settings
    vpc: ec2.Vpc
    private: Mapping[str, ec2.Subnet]
    public: Mapping[str, ec2.Subnet]
    database: Mapping[str, ec2.Subnet]


class Routes(pulumi.ComponentResource):
    """A route table for all public subnets, one for each private one, and one without a way out for the databases.

    Private subnets have a route table each although they may share a NAT gateway: so that one more gateway later
    changes a route and nothing else.

    Attributes:
        ready: what must be there before anything in the subnets gets out.

    """

    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: RoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create gateways, route tables and routes.

        Args:
            name: first part of all names.
            args: what is to get out.
            opts: options of the component.

        """
        zones = nat_zones(args.settings)
        super().__init__("mlplatform:aws:Routes", name, {"natGateways": zones}, opts)
        self._name, self._args = name, args
        self._inside = pulumi.ResourceOptions(parent=self)
        out = self._public()
        gateways = {zone: self._nat_gateway(zone, out) for zone in zones}
        self.ready = [*out, *self._private({zone: gateways.get(zone, gateways[zones[0]]) for zone in args.private})]
        self._table("database", self._named("database", args.database))
        self.register_outputs({})

    def _public(self) -> list[pulumi.Resource]:
        gateway = ec2.InternetGateway(
            self._name, vpc_id=self._args.vpc.id, tags=tags(self._args.settings, self._name), opts=self._inside
        )
        table, associations = self._table("public", self._named("public", self._args.public))
        route = ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._inside,
        )
        return [gateway, route, *associations]

    def _nat_gateway(self, zone: str, out: list[pulumi.Resource]) -> ec2.NatGateway:
        """Create a NAT gateway, after all that it gets out by: until then it has no way, and its address no place.

        https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
        """
        name = f"{self._name}-nat-{zone}"
        after = pulumi.ResourceOptions(parent=self, depends_on=out)
        address = ec2.Eip(name, domain="vpc", tags=tags(self._args.settings, name), opts=after)
        return ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=self._args.public[zone].id,
            connectivity_type="public",
            tags=tags(self._args.settings, name),
            opts=after,
        )

    def _private(self, gateways: Mapping[str, ec2.NatGateway]) -> list[pulumi.Resource]:
        tables, ready = [], []
        for zone, subnet in self._args.private.items():
            table, associations = self._table(f"private-{zone}", self._named("private", {zone: subnet}))
            route = ec2.Route(
                f"{self._name}-private-{zone}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways[zone].id,
                opts=self._inside,
            )
            tables.append(table)
            ready += [route, *associations]
        # Models and image layers come from S3: by the gateway endpoint they cost nothing, by NAT every gigabyte.
        # https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
        endpoint = ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._args.vpc.id,
            service_name=f"com.amazonaws.{aws_settings(self._args.settings).region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=tags(self._args.settings, f"{self._name}-s3"),
            opts=self._inside,
        )
        return [*ready, endpoint]

    def _named(self, kind: str, subnets: Mapping[str, ec2.Subnet]) -> dict[str, ec2.Subnet]:
        """Return the subnets of zones by the names of their associations, which are their own."""
        return {f"{self._name}-{kind}-{zone}": subnet for zone, subnet in subnets.items()}

    def _table(
        self, kind: str, associated: Mapping[str, ec2.Subnet]
    ) -> tuple[ec2.RouteTable, list[ec2.RouteTableAssociation]]:
        """Create a route table without routes but those inside the VPC, and its associations by their names."""
        name = f"{self._name}-{kind}"
        table = ec2.RouteTable(name, vpc_id=self._args.vpc.id, tags=tags(self._args.settings, name), opts=self._inside)
        associations = [
            ec2.RouteTableAssociation(association, subnet_id=subnet.id, route_table_id=table.id, opts=self._inside)
            for association, subnet in associated.items()
        ]
        return table, associations


def nat_zones(settings: Settings) -> list[str]:
    """Return the zones that have a NAT gateway: each in production, the first elsewhere. Pure.

    A zone whose gateway stands in another one loses its way out with that, and pays for the traffic between both.

    Args:
        settings: the stack's settings, with ``aws``.

    """
    network = aws_settings(settings).network
    default = "perZone" if settings.production else "single"
    # The first of the list and not of the alphabet: zones that are added behind it do not move the gateway.
    return sorted(network.zones) if (network.nat_gateways or default) == "perZone" else [network.zones[0]]
