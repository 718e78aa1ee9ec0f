"""The plan of addresses: nothing overlaps, all fits, and what is there stays where it is."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.cidr_plan import plan_subnets
from mlplatform.config.networks import LARGEST, SMALLEST

# AWS: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
SMALLEST_SUBNET = 28
ZONES = [f"eu-central-1{letter}" for letter in "abcdefgh"]


def networks(prefix):
    return st.integers(0, 2 ** (prefix - 8) - 1).map(
        lambda number: str(IPv4Network((10 * 2**24 + (number << (32 - prefix)), prefix)))
    )


cidrs = st.integers(LARGEST, SMALLEST).flatmap(networks)
some_zones = st.lists(st.sampled_from(ZONES), unique=True)


def all_subnets(plan):
    return [subnet for zone in plan for subnet in (zone.private, zone.public, zone.database)]


def test_plan_of_three_zones():
    plan = plan_subnets("10.0.0.0/16", ZONES[:3])
    assert [(zone.zone, str(zone.private), str(zone.public), str(zone.database)) for zone in plan] == [
        ("eu-central-1a", "10.0.0.0/20", "10.0.16.0/22", "10.0.28.0/24"),
        ("eu-central-1b", "10.0.32.0/20", "10.0.48.0/22", "10.0.60.0/24"),
        ("eu-central-1c", "10.0.64.0/20", "10.0.80.0/22", "10.0.92.0/24"),
    ]


@given(cidrs, some_zones)
def test_subnets_fit_and_do_not_overlap(cidr, zones):
    plan = plan_subnets(cidr, zones)
    subnets = all_subnets(plan)
    assert [zone.zone for zone in plan] == zones
    assert all(subnet.subnet_of(IPv4Network(cidr)) and subnet.prefixlen <= SMALLEST_SUBNET for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))


@given(cidrs, some_zones, st.randoms(use_true_random=False))
def test_further_zones_and_another_order_leave_the_others_as_they_are(cidr, zones, random):
    more = [*zones, *(zone for zone in ZONES if zone not in zones and random.random() < 0.5)]
    random.shuffle(more)
    before = {zone.zone: zone for zone in plan_subnets(cidr, zones)}
    after = {zone.zone: zone for zone in plan_subnets(cidr, more)}
    assert {zone: after[zone] for zone in before} == before


@pytest.mark.parametrize(
    ("cidr", "zones", "message"),
    [
        ("10.0.0.1/16", ZONES[:1], "is no network"),
        ("nonsense", ZONES[:1], "is no network"),
        ("fd00::/48", ZONES[:1], "is no network"),
        ("10.0.0.0/15", ZONES[:1], "wrong size"),
        ("10.0.0.0/21", ZONES[:1], "wrong size"),
        ("8.8.0.0/16", ZONES[:1], "is not private"),
        ("10.0.0.0/16", ["eu-central-1"], "'eu-central-1' is no availability zone"),
        ("10.0.0.0/16", ["us-east-1-bos-1a"], "no local zone"),
        ("10.0.0.0/16", [ZONES[0], ZONES[0]], "named twice"),
        ("10.0.0.0/16", [ZONES[0], "us-east-1b"], "of several"),
    ],
)
def test_refused(cidr, zones, message):
    with pytest.raises(ValueError, match=message):
        plan_subnets(cidr, zones)


def test_regions_with_longer_names():
    assert plan_subnets("100.64.0.0/16", ["us-gov-west-1a", "us-gov-west-1b"])[1].zone == "us-gov-west-1b"
