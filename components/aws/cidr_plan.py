"""Which addresses each subnet of the network gets. Pure.

Each zone has a block of its own, chosen by the zone's letter and not by its place in a list: a zone that is added, or
zones in another order, leave all other subnets as they are. (A subnet with other addresses is another subnet, and
everything in it is replaced.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.networks import ZONE_LETTERS, vpc_network, zone_parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network

# A block for each letter that a zone can have, whichever are in use. The smallest subnet is eight bits below the VPC,
# which has /20 at least; AWS allows /28 (Amazon VPC User Guide, "Subnet sizing").
_ZONE_BITS = (len(ZONE_LETTERS) - 1).bit_length()


@dataclass(frozen=True, kw_only=True)
class ZoneSubnets:
    """The subnets of one availability zone.

    Attributes:
        zone: its name, ``eu-central-1a``.
        private: nodes and pods; half of the zone's block, because every pod has an address of the VPC.
        public: load balancers and NAT gateways; an eighth of the block.
        database: databases, without a way out; a thirty-second of the block.

    """

    zone: str
    private: IPv4Network
    public: IPv4Network
    database: IPv4Network


def plan_subnets(cidr: str, zones: Sequence[str]) -> tuple[ZoneSubnets, ...]:
    """Return the subnets of each zone, in the order of the zones.

    Args:
        cidr: addresses of the VPC, ``10.0.0.0/16``: private ones, /16 to /20.
        zones: availability zones of one region, ``eu-central-1a``, each once.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    network = vpc_network(cidr)
    letters = [ZONE_LETTERS.index(zone_parts(zone)[1]) for zone in zones]
    if len(set(zones)) < len(zones):
        raise ValueError("a zone is named twice; name each zone once")
    if len({zone_parts(zone)[0] for zone in zones}) > 1:
        raise ValueError(f"zones of one region belong together, and {', '.join(zones)} are of several")
    blocks = list(network.subnets(prefixlen_diff=_ZONE_BITS))
    return tuple(_zone(zone, blocks[letter]) for zone, letter in zip(zones, letters, strict=True))


def _zone(zone: str, block: IPv4Network) -> ZoneSubnets:
    private, rest = block.subnets(prefixlen_diff=1)
    eighths = list(rest.subnets(prefixlen_diff=2))
    # The last eighth of the block is cut for what needs few addresses; two eighths are left for later.
    return ZoneSubnets(
        zone=zone, private=private, public=eighths[0], database=next(eighths[-1].subnets(prefixlen_diff=2))
    )
