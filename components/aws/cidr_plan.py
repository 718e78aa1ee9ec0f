"""Which addresses each subnet of the network gets. Pure.

Each zone has a block of its own, chosen by the zone's letter and not by its place in a list: a zone that is added, or
zones in another order, leave all other subnets as they are. (A subnet with other addresses is another subnet, and
everything in it is replaced.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# No region has more zones; the eighth letter is h.
_ZONE_BITS = 3
_ZONE = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)(?P<letter>[a-h])")
# A VPC has /16 at most, a subnet /28 at least; the smallest subnet here is eight bits below the VPC.
# Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet sizing".
LARGEST, SMALLEST = 16, 20
# RFC 1918, and the shared addresses of RFC 6598 that AWS recommends for pods where the former are scarce.
_PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


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
    network = _network(cidr)
    letters = [_letter(zone) for zone in zones]
    if len(set(zones)) < len(zones):
        raise ValueError("a zone is named twice; name each zone once")
    if len({zone[:-1] for zone in zones}) > 1:
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


def _network(cidr: str) -> IPv4Network:
    try:
        network = IPv4Network(cidr)
    except ValueError:
        raise ValueError(f"'{cidr}' is no network; write its first address and the prefix: 10.0.0.0/16") from None
    if not LARGEST <= network.prefixlen <= SMALLEST:
        raise ValueError(f"'{cidr}' has the wrong size for a VPC with a cluster; use /{LARGEST} to /{SMALLEST}")
    if not any(network.subnet_of(private) for private in _PRIVATE):
        shown = ", ".join(map(str, _PRIVATE))
        raise ValueError(f"'{cidr}' is not private; choose a part of {shown}")
    return network


def _letter(zone: str) -> int:
    match = _ZONE.fullmatch(zone)
    if match is None:
        raise ValueError(f"'{zone}' is no availability zone; write its name, such as eu-central-1a (no local zone)")
    return ord(match["letter"]) - ord("a")
