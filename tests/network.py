"""A small judge of NetworkPolicies: may this pod send to that one? Pure.

A pod that no policy of a direction selects is open in it, policies add up, and a flow needs both its sender's and its
receiver's consent. Whether an ``ipBlock`` covers pods is the network plugin's business, so a test says what it assumes.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

POD_ADDRESS = "10.9.9.9"


@dataclass(frozen=True, kw_only=True)
class End:
    """One end of a flow: a pod, or an address outside of the cluster (no namespace)."""

    namespace: str | None = None
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    address: str = POD_ADDRESS

    @property
    def namespace_labels(self) -> dict[str, str]:
        return {"kubernetes.io/metadata.name": self.namespace or ""}


@dataclass(frozen=True)
class Judge:
    """The policies of a cluster; ``lenient`` is a network plugin to which an ``ipBlock`` covers pods as well."""

    policies: list[dict[str, Any]]
    lenient: bool = False

    def allows(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether a connection may be made."""
        return self._consents(source, ("egress", "to"), target, (port, protocol)) and self._consents(
            target, ("ingress", "from"), source, (port, protocol)
        )

    def _consents(self, end: End, direction: tuple[str, str], other: End, port: tuple[int, str]) -> bool:
        kind, peer_key = direction
        mine = [
            policy["spec"]
            for policy in self.policies
            if policy["metadata"]["namespace"] == end.namespace
            and kind.capitalize() in policy["spec"]["policyTypes"]
            and _selects(policy["spec"]["podSelector"], end.labels)
        ]
        return not mine or any(
            _opens(rule.get("ports"), *port)
            and (peer_key not in rule or any(self._is_peer(peer, other, str(end.namespace)) for peer in rule[peer_key]))
            for spec in mine
            for rule in spec.get(kind, [])
        )

    def _is_peer(self, peer: dict[str, Any], end: End, policy_namespace: str) -> bool:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            address = ip_address(end.address)
            inside = address in ip_network(block["cidr"])
            excepted = any(address in ip_network(part) for part in block.get("except", []))
            return inside and not excepted and (end.namespace is None or self.lenient)
        if end.namespace is None:
            return False
        if "namespaceSelector" in peer:
            if not _selects(peer["namespaceSelector"], end.namespace_labels):
                return False
        elif end.namespace != policy_namespace:
            return False
        return _selects(peer.get("podSelector", {}), end.labels)


def _opens(ports: list[dict[str, Any]] | None, port: int, protocol: str) -> bool:
    if ports is None:
        return True
    return any(
        item.get("protocol", "TCP") == protocol
        and ("port" not in item or item["port"] <= port <= item.get("endPort", item["port"]))
        for item in ports
    )


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for expression in selector.get("matchExpressions", []):
        key, values = expression["key"], expression.get("values", [])
        holds = {
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
        }
        if not holds[expression["operator"]]:
            return False
    return True
