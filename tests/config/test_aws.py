"""What is computed from the section ``aws``: names of buckets, networks, what instance types are, one region."""

import copy
import re
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.aws import bucket_name
from mlplatform.config.aws_defaults import with_aws_regions
from mlplatform.config.aws_fields import MAX_PREFIX
from mlplatform.config.instance_types import has_nvidia_gpu, has_other_chips, is_arm, is_instance_type
from mlplatform.config.load import parse_settings
from mlplatform.config.networks import PRIVATE, ipv4_network, vpc_network, zone_parts
from mlplatform.config.rules.aws_network import findings as network_findings

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
REGIONS = ["eu-central-1", "us-east-1", "ap-southeast-7", "ap-northeast-1", "mx-central-1", "il-central-1"]
PREFIXES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4}){0,2}", fullmatch=True).filter(
    lambda prefix: not prefix.startswith(("aws-", "sthree-")) and prefix not in {"aws", "sthree"}
)
GOOD = {
    "cluster": {
        "kind": "eks",
        "kubernetesVersion": "1.36",
        "administrators": ["arn:aws:iam::123456789012:role/deployer"],
    },
    "aws": {
        "region": "eu-central-1",
        "accountId": "123456789012",
        "prefix": "ml-dev",
        "tags": {"owner": "ml", "costCentre": "1"},
        "network": {"cidr": "10.40.0.0/16", "zones": ["eu-central-1a", "eu-central-1b"]},
        "nodeGroups": [
            {"name": "system", "kind": "system", "instanceTypes": ["m7i.large"], "minSize": 1, "maxSize": 2}
        ],
    },
    "registry": {"uri": "http://127.0.0.1:5500"},
}


@given(
    prefix=PREFIXES,
    purpose=st.sampled_from(["artifacts", "releases", "backups"]),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
    region=st.sampled_from(REGIONS),
)
def test_every_prefix_that_is_taken_gives_names_that_s3_takes(prefix, purpose, account, region):
    assert len(prefix) <= MAX_PREFIX
    assert BUCKET.fullmatch(bucket_name(prefix, purpose, account, region))
    raw = copy.deepcopy(GOOD)
    raw["aws"] |= {"prefix": prefix, "accountId": account, "region": region}
    raw["aws"]["network"]["zones"] = [f"{region}a", f"{region}b"]
    settings = parse_settings(raw, file="x")
    assert settings.aws.bucket(purpose) == bucket_name(prefix, purpose, account, region)


def test_names_of_one_stack_differ_by_purpose_account_and_region():
    names = {
        bucket_name("a", purpose, account, region)
        for purpose in ("artifacts", "releases", "backups")
        for account in ("123456789012", "210987654321")
        for region in REGIONS
    }
    assert len(names) == 3 * 2 * len(REGIONS)


def test_an_existing_bucket_comes_first():
    raw = copy.deepcopy(GOOD)
    raw["aws"]["buckets"] = {"artifacts": {"existing": "ours"}}
    aws = parse_settings(raw, file="x").aws
    assert aws.bucket("artifacts") == "ours"
    assert aws.bucket("backups") == "ml-dev-backups-123456789012-eu-central-1"


@given(address=st.integers(0, 2**32 - 1), length=st.integers(0, 32))
def test_a_network_is_taken_as_its_first_address_only(address, length):
    network = IPv4Network((address, length), strict=False)
    assert ipv4_network(str(network)) == network
    if network.num_addresses > 1:
        with pytest.raises(ValueError, match="is no network; write its first address"):
            ipv4_network(f"{network.broadcast_address}/{length}")


@given(address=st.integers(0, 2**32 - 1), length=st.integers(0, 32))
def test_a_vpc_is_private_and_of_a_size_that_aws_takes(address, length):
    network = IPv4Network((address, length), strict=False)
    fits = 16 <= length <= 20 and any(network.subnet_of(private) for private in PRIVATE)
    if fits:
        assert vpc_network(str(network)) == network
    else:
        with pytest.raises(ValueError, match=r"is not private|has the wrong size"):
            vpc_network(str(network))


@pytest.mark.parametrize("text", ["10.0.0.0", "", "10.0.0.0/33", "::/0", "10.0.0.0/16 ", "a/16"])
def test_what_is_no_network(text):
    with pytest.raises(ValueError, match="is no network"):
        ipv4_network(text)


networks = st.builds(
    lambda address, length: IPv4Network((address, length), strict=False), st.integers(0, 2**32 - 1), st.integers(8, 24)
)


@given(cidr=networks, service=networks, peered=st.lists(networks, max_size=3))
def test_overlaps_are_exactly_those_of_two_networks_with_a_common_address(cidr, service, peered):
    network = {"cidr": str(cidr), "serviceCidr": str(service), "peeredCidrs": [str(each) for each in peered]}
    network["zones"] = ["eu-central-1a", "eu-central-1b"]
    found = {path[2:] for path, _ in network_findings({}, {"region": "eu-central-1", "network": network})}
    ours = {("cidr",): cidr, ("serviceCidr",): service}
    common = {("serviceCidr",)} if service.overlaps(cidr) else set()
    common |= {
        ("peeredCidrs", index) for index, each in enumerate(peered) if any(each.overlaps(own) for own in ours.values())
    }
    assert found == common


def test_overlaps_are_looked_for_among_what_is_well_formed():
    network = {"cidr": 3, "serviceCidr": "10.0.0.0/16", "peeredCidrs": ["nothing", None, "10.0.1.0/24"], "zones": None}
    raw = {"region": None, "network": network}
    found = [".".join(map(str, path)) for path, _ in network_findings({}, raw)]
    assert found == ["aws.network.zones", "aws.network.peeredCidrs.2"]


@pytest.mark.parametrize(
    ("zone", "parts"),
    [("eu-central-1a", ("eu-central-1", "a")), ("us-west-2d", ("us-west-2", "d"))],
)
def test_parts_of_a_zone(zone, parts):
    assert zone_parts(zone) == parts


@pytest.mark.parametrize(
    "zone", ["eu-central-1", "eu-central-\u0661a", "us-east-1-bos-1a", "euc1-az2", "eu-central-1z", "EU-CENTRAL-1a", ""]
)
def test_what_is_no_zone(zone):
    with pytest.raises(ValueError, match="is no availability zone"):
        zone_parts(zone)


@pytest.mark.parametrize(
    "name",
    [
        "m7g.large",
        "t4g.micro",
        "c7gn.large",
        "x2gd.metal",
        "g5g.xlarge",
        "a1.large",
        "im4gn.large",
        "is4gen.medium",
        "hpc7g.4xlarge",
        "i8ge.large",
        "p6e-gb200.36xlarge",
    ],
)
def test_types_that_are_not_amd64(name):
    assert is_arm(name)


@pytest.mark.parametrize(
    "name",
    [
        "m7i.large",
        "m7i-flex.large",
        "c7a.xlarge",
        "r6in.large",
        "i4i.large",
        "g6.xlarge",
        "g4dn.xlarge",
        "gr6.4xlarge",
        "p4de.24xlarge",
        "p6-b200.48xlarge",
        "u-6tb1.112xlarge",
    ],
)
def test_types_that_are_amd64(name):
    assert is_instance_type(name)
    assert not is_arm(name)
    assert not has_other_chips(name)


@pytest.mark.parametrize("name", ["g6.xlarge", "g6e.xlarge", "gr6.4xlarge", "g4dn.xlarge", "p5en.48xlarge"])
def test_types_with_gpus_of_nvidia(name):
    assert has_nvidia_gpu(name)


@pytest.mark.parametrize("name", ["g4ad.xlarge", "m7i.large", "inf2.xlarge", "trn1.2xlarge", "i4g.large", "mac2.metal"])
def test_types_without(name):
    assert not has_nvidia_gpu(name)


@pytest.mark.parametrize("name", ["inf2.xlarge", "trn2.48xlarge", "dl1.24xlarge", "f2.6xlarge", "g4ad.xlarge"])
def test_types_with_other_chips(name):
    assert has_other_chips(name)


@pytest.mark.parametrize("name", ["large", "m7i", "M7i.large", "m7i.large ", "", "7.large", "m7i.l.x"])
def test_what_is_no_type(name):
    assert not is_instance_type(name)
    with pytest.raises(ValueError, match="is no instance type"):
        is_arm(name)


def test_one_region_for_everything():
    raw = copy.deepcopy(GOOD) | {
        "mlflow": {"artifacts": {"s3": {}}, "database": {"kind": "rds", "rds": {"instanceClass": "db.m7g.large"}}},
        "certManager": {
            "issuer": {"kind": "letsEncryptStaging", "email": "a@example.org", "dns01": {"hostedZoneId": "Z1"}}
        },
        "releaseStore": {"uri": "s3://ml-dev-releases-123456789012-eu-central-1"},
    }
    before = copy.deepcopy(raw)
    settings = parse_settings(raw, file="x")
    assert raw == before
    assert {
        settings.mlflow.artifacts.s3.region,
        settings.cert_manager.issuer.dns01.region,
        settings.object_store.region,
        settings.release_store.region,
    } == {"eu-central-1"}


def test_a_region_that_is_given_stays():
    raw = {"aws": {"region": "eu-central-1"}, "certManager": {"issuer": {"dns01": {"region": "us-east-1"}}}}
    filled = with_aws_regions(raw)
    assert filled["certManager"]["issuer"]["dns01"] == {"region": "us-east-1"}
    assert filled["objectStore"] == {"region": "eu-central-1"}
    assert "mlflow" not in filled
    assert "releaseStore" not in filled


KEYS = st.sampled_from(["aws", "mlflow", "artifacts", "s3", "objectStore", "region"])
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["aws", "mlflow", "artifacts", "s3", "objectStore", "region"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(raw=json)
def test_without_the_section_nothing_is_filled_in_and_nothing_ever_fails(raw):
    before = copy.deepcopy(raw)
    filled = with_aws_regions(raw)
    assert raw == before
    if not (isinstance(raw, dict) and isinstance(raw.get("aws"), dict)):
        assert filled == raw


# Every place of the section, for what test_load.py puts there; not all of it goes together.
RICH = copy.deepcopy(GOOD) | {
    "environment": "production",
    "mlflow": {"artifacts": {"s3": {}}, "database": {"kind": "rds", "rds": {"instanceClass": "db.m7g.large"}}},
    "certManager": {"issuer": {"kind": "letsEncryptStaging", "email": "a@b.org", "dns01": {"hostedZoneId": "Z1"}}},
    "releaseStore": {"uri": "s3://ml-dev-releases-123456789012-eu-central-1", "region": "eu-central-1"},
    "objectStore": {"region": "eu-central-1"},
    "models": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}],
}
RICH["aws"] |= {
    "buckets": {"artifacts": {"existing": "ours", "readers": []}, "releases": {"releasers": []}, "backups": {}},
    "keys": {"existing": "arn:aws:kms:eu-central-1:123456789012:alias/a"},
}
RICH["aws"]["tags"]["additional"] = {"team": "a"}
RICH["aws"]["network"] |= {
    "existing": {"vpcId": "vpc-01234567", "privateSubnets": {"eu-central-1a": "subnet-01234567"}},
    "peeredCidrs": ["10.0.0.0/8"],
}
RICH["cluster"]["publicEndpoint"] = {"cidrs": ["203.0.113.0/24"]}
