"""The network: subnets as planned, ways out that work, and a teardown that gets through."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from components.aws.cidr_plan import plan_subnets
from components.aws.routes import nat_zones
from mlplatform.review.state.property_values import is_unknown
from tests.components.aws.project import PREFIX, REGION, ZONES, all_of, one, settings_of, state_of
from tests.golden import assert_golden

PROGRAM = """
from components.aws.keys import Keys, KeysArgs
from components.aws.network import Network, NetworkArgs

keys = Keys(settings.aws.prefix, KeysArgs(settings=settings), opts=on_aws)
network = Network(settings.aws.prefix, NetworkArgs(settings=settings, keys=keys), opts=on_aws)
pulumi.export("vpc", network.vpc_id)
for kind in ("private", "public", "database"):
    pulumi.export(kind, getattr(network, kind + "_subnet_ids"))
aws.ec2.KeyPair("user", public_key="ssh-ed25519 x", opts=on_aws.merge(pulumi.ResourceOptions(depends_on=network.ready)))
"""
CIDR = "10.40.0.0/16"
PRODUCTION = {"environment": "production", "aws": {"network": {"cidr": CIDR, "zones": ZONES}}}
SMALL = {"cidr": "192.168.16.0/20", "zones": ZONES[:2]}
VPC = "vpc-0123456789abcdef0"


def subnet_ids(first):
    return {zone: f"subnet-{number:017x}" for number, zone in enumerate(ZONES[:2], first)}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("network"), PROGRAM, **PRODUCTION)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("small"), PROGRAM, aws={"network": SMALL})


def needs(state, resource):
    """Return the names and types of everything that a resource needs, directly or not."""
    found, open_ = set(), list(resource.dependencies)
    by_urn = {each.urn: each for each in state.resources}
    while open_:
        urn = open_.pop()
        if urn not in found:
            found.add(urn)
            open_ += by_urn[urn].dependencies
    return {(by_urn[urn].type.rpartition(":")[2], by_urn[urn].name) for urn in found}


def picture(state):
    """Return each subnet with its addresses and the gateways that its traffic leaves by."""
    kinds = {each.urn: each.type.rpartition(":")[2] for each in state.resources}
    names = {each.urn: f"{kinds[each.urn]} {each.name}" for each in state.resources}
    ways = {}
    for leaving in (*all_of(state, "VpcEndpoint").values(), *all_of(state, "Route").values()):
        tables = [urn for urn in leaving.dependencies if kinds[urn] == "RouteTable"]
        gateways = [urn for urn in leaving.dependencies if kinds[urn].endswith("Gateway")] or [leaving.urn]
        for table in tables:
            ways.setdefault(table, []).extend(names[urn] for urn in gateways)
    found = {}
    for association in all_of(state, "RouteTableAssociation").values():
        (table,) = [urn for urn in association.dependencies if kinds[urn] == "RouteTable"]
        (subnet,) = [urn for urn in association.dependencies if kinds[urn] == "Subnet"]
        found[subnet] = ways.get(table, [])
    return {
        name: {"addresses": subnet.inputs["cidrBlock"], "leaves by": found[subnet.urn]}
        for name, subnet in all_of(state, "Subnet").items()
    }


def of(state, kind, name):
    return all_of(state, kind)[f"{PREFIX}-{name}"]


def test_subnets_are_those_of_the_plan(state):
    subnets = {
        name: (subnet.inputs["availabilityZone"], subnet.inputs["cidrBlock"])
        for name, subnet in all_of(state, "Subnet").items()
    }
    assert subnets == {
        f"{PREFIX}-{kind}-{zone.zone}": (zone.zone, str(getattr(zone, kind)))
        for zone in plan_subnets(CIDR, ZONES)
        for kind in ("private", "public", "database")
    }
    assert all(IPv4Network(block).subnet_of(IPv4Network(CIDR)) for _, block in subnets.values())


def test_the_network_of_production_as_a_picture(state):
    assert_golden(Path(__file__).parent, "network-production", picture(state))


def test_a_small_network_as_a_picture(small):
    assert_golden(Path(__file__).parent, "network-small", picture(small))


def test_load_balancers_find_their_subnets_and_nobody_gets_a_public_address(state):
    for name, subnet in all_of(state, "Subnet").items():
        roles = {key.rpartition("/")[2] for key in subnet.inputs["tags"] if key.startswith("kubernetes.io/role/")}
        kind = name.removeprefix(f"{PREFIX}-").partition("-")[0]
        assert roles == {"private": {"internal-elb"}, "public": {"elb"}, "database": set()}[kind]
        assert subnet.inputs["mapPublicIpOnLaunch"] is False


def test_names_inside_the_vpc_are_resolved(state):
    vpc = one(state, "Vpc").inputs
    assert (vpc["cidrBlock"], vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == (CIDR, True, True)


def test_ids_are_unknown_before_they_are(state):
    found = state.resources[0].outputs
    assert is_unknown(found["vpc"])
    assert {kind: [is_unknown(each) for each in found[kind]] for kind in ("private", "public", "database")} == {
        "private": [True] * 3,
        "public": [True] * 3,
        "database": [True] * 3,
    }


def test_the_default_security_group_lets_nothing_through(state):
    group = one(state, "DefaultSecurityGroup").inputs
    assert (group["ingress"], group["egress"]) == ([], [])


@pytest.mark.parametrize("zone", ZONES)
def test_in_production_each_zone_gets_out_by_its_own_gateway(state, zone):
    route = of(state, "Route", f"private-{zone}")
    assert route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    assert set(route.dependencies) == {
        of(state, "NatGateway", f"nat-{zone}").urn,
        of(state, "RouteTable", f"private-{zone}").urn,
    }
    gateway = of(state, "NatGateway", f"nat-{zone}")
    assert {of(state, "Subnet", f"public-{zone}").urn, of(state, "Eip", f"nat-{zone}").urn} <= set(gateway.dependencies)


def test_elsewhere_all_zones_share_the_gateway_of_the_first(small):
    gateway = one(small, "NatGateway")
    assert gateway.name == f"{PREFIX}-nat-{ZONES[0]}"
    for zone in ZONES[:2]:
        assert gateway.urn in of(small, "Route", f"private-{zone}").dependencies
        assert of(small, "RouteTable", f"private-{zone}").urn in of(small, "Route", f"private-{zone}").dependencies


def test_each_subnet_is_in_the_route_table_of_its_kind(state):
    tables = {table.urn: name for name, table in all_of(state, "RouteTable").items()}
    subnets = {subnet.urn: name for name, subnet in all_of(state, "Subnet").items()}
    joined = {}
    for association in all_of(state, "RouteTableAssociation").values():
        (subnet,) = [subnets[urn] for urn in association.dependencies if urn in subnets]
        (table,) = [tables[urn] for urn in association.dependencies if urn in tables]
        joined[subnet.removeprefix(f"{PREFIX}-")] = table.removeprefix(f"{PREFIX}-")
    assert joined == {
        **{f"private-{zone}": f"private-{zone}" for zone in ZONES},
        **{f"public-{zone}": "public" for zone in ZONES},
        **{f"database-{zone}": "database" for zone in ZONES},
    }


def test_associations_are_called_like_their_subnets(state):
    assert set(all_of(state, "RouteTableAssociation")) == set(all_of(state, "Subnet"))


def test_databases_have_no_way_out(state):
    table = of(state, "RouteTable", "database").urn
    assert not any(table in route.dependencies for route in all_of(state, "Route").values())
    assert table not in one(state, "VpcEndpoint").dependencies


def test_only_public_subnets_are_in_the_internet(state):
    (route,) = [route for route in all_of(state, "Route").values() if "gatewayId" in route.inputs]
    assert set(route.dependencies) == {one(state, "InternetGateway").urn, of(state, "RouteTable", "public").urn}


def test_s3_is_reached_without_the_gateways(state):
    endpoint = one(state, "VpcEndpoint")
    assert (endpoint.inputs["serviceName"], endpoint.inputs["vpcEndpointType"]) == (
        f"com.amazonaws.{REGION}.s3",
        "Gateway",
    )
    assert {of(state, "RouteTable", f"private-{zone}").urn for zone in ZONES} <= set(endpoint.dependencies)


def test_gateways_go_before_what_they_get_out_by(state):
    for gateway in all_of(state, "NatGateway").values():
        assert {("InternetGateway", PREFIX), ("Route", f"{PREFIX}-public")} <= needs(state, gateway)
    for address in all_of(state, "Eip").values():
        assert ("InternetGateway", PREFIX) in needs(state, address)


def test_what_waits_for_the_network_outlives_no_part_of_a_way_out(state):
    found = needs(state, one(state, "KeyPair"))
    wanted = {"InternetGateway", "NatGateway", "Eip", "Route", "VpcEndpoint"}
    for kind in wanted:
        assert {name for type_, name in found if type_ == kind} == set(all_of(state, kind))
    joined = {name for type_, name in found if type_ == "RouteTableAssociation"}
    assert {name for name in all_of(state, "RouteTableAssociation") if "-database-" not in name} <= joined


def test_connections_are_recorded_encrypted_and_kept_as_long_as_asked(state):
    group = one(state, "LogGroup")
    assert (group.inputs["name"], group.inputs["retentionInDays"]) == (f"/aws/vpc-flow-logs/{PREFIX}", 365)
    assert group.dependencies == (of(state, "Key", "logs").urn,)
    log = one(state, "FlowLog")
    assert (log.inputs["trafficType"], log.inputs["logDestinationType"]) == ("ALL", "cloud-watch-logs")
    assert {one(state, "Vpc").urn, group.urn, one(state, "Role").urn, one(state, "RolePolicyAttachment").urn} == set(
        log.dependencies
    )


def test_another_order_of_zones_is_no_change(small, tmp_path):
    network = {**SMALL, "zones": ZONES[1::-1], "natGateways": "perZone"}
    turned = state_of(tmp_path, PROGRAM, aws={"network": network})
    assert {name: subnet.inputs for name, subnet in all_of(turned, "Subnet").items()} == {
        name: subnet.inputs for name, subnet in all_of(small, "Subnet").items()
    }


def test_a_network_of_somebody_else_is_taken_as_it_is(tmp_path):
    existing = {
        "vpcId": VPC,
        "privateSubnets": dict(reversed(subnet_ids(1).items())),
        "publicSubnets": subnet_ids(11),
        "databaseSubnets": subnet_ids(21),
    }
    found = state_of(tmp_path, PROGRAM, aws={"network": {"existing": existing}})
    assert {each.type for each in found.resources if each.custom and ":ec2/" in each.type} == {
        "aws:ec2/keyPair:KeyPair"
    }
    assert not all_of(found, "LogGroup")
    assert found.resources[0].outputs == {
        "vpc": VPC,
        "private": list(subnet_ids(1).values()),
        "public": list(subnet_ids(11).values()),
        "database": list(subnet_ids(21).values()),
    }


def test_without_database_subnets_databases_are_among_the_nodes(tmp_path):
    existing = {"vpcId": VPC, "privateSubnets": subnet_ids(1)}
    found = state_of(tmp_path, PROGRAM, aws={"network": {"existing": existing}}).resources[0].outputs
    assert (found["public"], found["database"]) == ([], found["private"])


@pytest.mark.parametrize(
    ("environment", "gateways", "zones", "wanted"),
    [
        ("production", None, ZONES, ZONES),
        ("production", "perZone", ZONES, ZONES),
        ("development", None, ZONES, ZONES[:1]),
        ("development", None, ZONES[::-1], ZONES[2:]),
        ("development", "single", [ZONES[1], ZONES[0]], [ZONES[1]]),
        ("development", "perZone", [ZONES[1], ZONES[0]], ZONES[:2]),
    ],
)
def test_zones_with_a_gateway(environment, gateways, zones, wanted):
    network = {"cidr": CIDR, "zones": zones, **({"natGateways": gateways} if gateways else {})}
    assert nat_zones(settings_of(environment=environment, aws={"network": network})) == wanted
