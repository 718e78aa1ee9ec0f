"""The API of a cluster is reached from inside its network, and from outside by named networks only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import items
from policies.rule import Rule

# Shorter prefixes hold more addresses than any organisation has; /0 is everybody.
_SHORTEST = {4: 8, 6: 16}


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    network = args.props.get("vpcConfig")
    for fault in endpoint_faults(network if isinstance(network, Mapping) else {}):
        yield f"vpcConfig.{fault}"


def endpoint_faults(network: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with where a cluster is reached from; EKS's own default is the whole internet."""
    if network.get("endpointPrivateAccess") is not True:
        yield "endpointPrivateAccess is not true, so nodes reach the API over the internet; set it"
    if network.get("endpointPublicAccess") is False:
        return
    cidrs = items(network.get("publicAccessCidrs"))
    if not cidrs:
        yield "publicAccessCidrs is missing, so the whole internet reaches the API; name networks, or make it private"
        return
    for cidr in cidrs:
        if _wide(cidr):
            yield f"publicAccessCidrs has '{cidr}', which lets in the world; name your networks, or make it private"


def _wide(cidr: object) -> bool:
    try:
        network = ip_network(str(cidr))
    except ValueError:
        # Not for us to judge: AWS takes none.
        return False
    return network.prefixlen < _SHORTEST[network.version]


RULE = Rule(
    name="eks-endpoint-is-restricted",
    description="The API of an EKS cluster is private, or open to named networks only.",
    reason="An API server that the whole internet reaches is one stolen credential away from the whole platform.",
    source="Amazon EKS User Guide, Cluster API server endpoint",
    url="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
    fix="Make the endpoint private, or name the networks that may reach it.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=("aws:eks/cluster:Cluster",),
    check=_check,
)
