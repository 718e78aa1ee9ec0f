"""Networks, and availability zones of AWS, as the settings write them. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

# Of a region's zones; no region has more.
ZONE_LETTERS = "abcdefgh"
_ZONE = re.compile(rf"(?P<region>[a-z]{{2}}(?:-[a-z]+)+-[0-9])(?P<letter>[{ZONE_LETTERS}])")
# Amazon VPC User Guide, "VPC CIDR blocks": /16 to /28; smaller than /20 leaves no room for nodes and pods.
LARGEST, SMALLEST = 16, 20
# RFC 1918, and the shared addresses of RFC 6598 that AWS recommends for pods where the former are scarce.
PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


def vpc_network(value: str) -> IPv4Network:
    """Return the network of a VPC with a cluster: private, /16 to /20.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    network = ipv4_network(value)
    if not LARGEST <= network.prefixlen <= SMALLEST:
        message = f"'{value}' has the wrong size for a VPC with a cluster; use /{LARGEST} to /{SMALLEST}"
        raise ValueError(message)
    if not any(network.subnet_of(private) for private in PRIVATE):
        message = f"'{value}' is not private; choose a part of {', '.join(map(str, PRIVATE))}"
        raise ValueError(message)
    return network


def ipv4_network(value: str) -> IPv4Network:
    """Return an IPv4 network, written as its first address and the length of its prefix.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    try:
        if "/" in value:
            return IPv4Network(value)
    except ValueError:
        pass
    message = f"'{value}' is no network; write its first address and the prefix: 10.0.0.0/16"
    raise ValueError(message) from None


def any_network(value: str) -> IPv4Network | IPv6Network:
    """Return a network of either version.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    try:
        return ip_network(value)
    except ValueError:
        message = f"'{value}' is not a network; write its first address and the prefix, such as 10.0.0.0/8"
        raise ValueError(message) from None


def zone_parts(value: str) -> tuple[str, str]:
    """Return the region and the letter of an availability zone, ``("eu-central-1", "a")``.

    Raises:
        ValueError: with what is wrong and what would be right.

    """
    match = _ZONE.fullmatch(value)
    if match is None:
        message = f"'{value}' is no availability zone; write its name, such as eu-central-1a (no local zone)"
        raise ValueError(message)
    return match["region"], match["letter"]
