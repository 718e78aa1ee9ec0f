"""Rules of the network on AWS: one region, enough zones, no overlapping addresses."""

from __future__ import annotations

import contextlib
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mlplatform.config.aws import NetworkSection
from mlplatform.config.draft import draft
from mlplatform.config.networks import ipv4_network, zone_parts
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

    from mlplatform.config.rules.finding import Finding, Path

_NETWORK: Path = ("aws", "network")
# Amazon EKS User Guide, "Amazon EKS networking requirements for VPC and subnets": subnets in at least two zones.
_FEWEST_ZONES, _FEWEST_IN_PRODUCTION = 2, 3
_EXAMPLES = {"cidr": "10.40.0.0/16", "zones": "[eu-central-1a, eu-central-1b, eu-central-1c]"}
_OF_ITS_OWNER = ("cidr", "zones", "natGateways", "flowLogRetentionDays")


def findings(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    network = section(aws, "network")
    if network is None:
        return
    production = raw.get("environment") == "production"
    if network.get("existing") is None:
        yield from _own(network, aws.get("region"), production=production)
    else:
        for key in _OF_ITS_OWNER:
            if network.get(key) is not None:
                yield (*_NETWORK, key), "cannot be combined with existing: that network has its own; remove it"
    if (existing := section(network, "existing")) is not None:
        yield from _existing(existing, aws.get("region"), production=production)
    yield from _overlaps(network)


def _own(network: dict[str, Any], region: Any, *, production: bool) -> Iterator[Finding]:
    for key, example in _EXAMPLES.items():
        if network.get(key) is None:
            yield (*_NETWORK, key), f"is required unless existing is given; write for example {example}"
    zones = network.get("zones")
    if isinstance(zones, list):
        path = (*_NETWORK, "zones")
        for index, zone in enumerate(zones):
            yield from _region((*path, index), zone, region)
            if zone in zones[:index]:
                yield (*path, index), f"'{zone}' is already zones[{zones.index(zone)}]; name each zone once"
        yield from _enough(path, zones, production=production)
    if production and network.get("natGateways") == "single":
        yield (
            (*_NETWORK, "natGateways"),
            ("single stands in one zone, and without it no node reaches a registry or AWS; use perZone in production"),
        )


def _existing(existing: dict[str, Any], region: Any, *, production: bool) -> Iterator[Finding]:
    path: Path = (*_NETWORK, "existing")
    zones: dict[str, str] = {}
    for key in ("privateSubnets", "publicSubnets", "databaseSubnets"):
        subnets = section(existing, key)
        if subnets is None:
            continue
        for zone, subnet in subnets.items():
            yield from _region((*path, key, zone), zone, region)
            # One subnet may serve for two purposes, but lies in one zone.
            if isinstance(subnet, str) and (other := zones.setdefault(subnet, zone)) != zone:
                yield (*path, key, zone), f"'{subnet}' is already that of {other}; a subnet lies in one zone"
        if key == "privateSubnets" or subnets:
            nodes = key == "privateSubnets"
            yield from _enough((*path, key), list(subnets), production=production and nodes)


def _region(path: Path, zone: Any, region: Any) -> Iterator[Finding]:
    try:
        zone_region, _ = zone_parts(zone) if isinstance(zone, str) else (region, "")
    except ValueError:
        return
    if isinstance(region, str) and zone_region != region:
        yield path, f"'{zone}' is a zone of {zone_region}; everything is in aws.region ({region})"


def _enough(path: Path, zones: list[Any], *, production: bool) -> Iterator[Finding]:
    number = len({str(zone) for zone in zones})
    fewest = _FEWEST_IN_PRODUCTION if production else _FEWEST_ZONES
    if number < fewest:
        why = "in production the loss of one must be no outage" if production else "EKS and RDS take no fewer"
        yield path, f"has too few zones ({number}); name at least {fewest}: {why}"


def _overlaps(network: dict[str, Any]) -> Iterator[Finding]:
    for (one, first), (other, second) in combinations(_networks(network), 2):
        # How networks outside this stack lie among each other is for their owners to plan.
        if first.overlaps(second) and one[0] != "peeredCidrs":
            yield (
                (*_NETWORK, *other),
                f"'{second}' overlaps {one[0]} ({first}); no address may belong to two networks that meet",
            )


def _networks(network: dict[str, Any]) -> list[tuple[Path, IPv4Network]]:
    """Return the networks that are well-formed, each with its key path in the section."""
    peered = network.get("peeredCidrs")
    given: list[tuple[Path, Any]] = [
        (("cidr",), network.get("cidr")),
        (("serviceCidr",), draft(NetworkSection, network).service_cidr),
        *((("peeredCidrs", index), cidr) for index, cidr in enumerate(peered if isinstance(peered, list) else [])),
    ]
    networks = []
    for path, cidr in given:
        if isinstance(cidr, str):
            with contextlib.suppress(ValueError):
                networks.append((path, ipv4_network(cidr)))
    return networks
