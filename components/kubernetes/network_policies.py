"""The one builder of network policies: for whom, from or to which peers, on which ports. Pure functions.

Everything is denied, and each opening is an object of its own. Ports are those of the pods, not of Services: a policy
judges traffic after the Service's translation. What comes from a pod's own node (the kubelet's probes) is always
allowed. Policies know addresses, no names: what lies outside of the cluster is opened by port. Pods are opened by
their namespace and never by address: whether an ``ipBlock`` covers pods is the network plug-in's business.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.kubernetes.metadata import labels
from components.kubernetes.object_stores import MINIO_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from components.kubernetes.object_stores import ObjectStore

Manifest = dict[str, Any]
Rule = dict[str, Any]
Peers = list[dict[str, Any]]

# Every namespace carries its own name in this label, and nobody can change it.
# https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
# Link-local addresses are left out: the node's metadata service lives there.
ANYWHERE: Peers = [
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
    {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10"]}},
]
# RFC 1918, and RFC 6598, which clouds use for private addresses, too.
PRIVATE_NETWORKS = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
POD_IDENTITY_AGENT: Peers = [{"ipBlock": {"cidr": "169.254.170.23/32"}}, {"ipBlock": {"cidr": "fd00:ec2::23/128"}}]
HTTP, HTTPS = 80, 443
_DNS = 53
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# The names that the cluster's DNS has for a Service: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
_SERVICE = re.compile(rf"{_LABEL}\.(?P<namespace>{_LABEL})\.svc(\..*)?", re.IGNORECASE)
_BARE_SERVICE = re.compile(_LABEL, re.IGNORECASE)
# A Service with its namespace, or a name outside of the cluster: ``minio.storage`` and ``example.org`` look alike.
_SERVICE_OR_DOMAIN = re.compile(rf"{_LABEL}\.(?P<namespace>[a-z]([a-z0-9-]*[a-z0-9])?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class PodPeer:
    """Pods of another namespace, as the peer of a rule.

    Attributes:
        namespace: their namespace, ``None`` for any.
        labels: labels that they carry; empty for all pods.

    """

    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def peer(self) -> dict[str, Any]:
        """Return the peer."""
        return pods_in(self.namespace, labelled(self.labels) if self.labels else None)


def policy(namespace: str, name: str, why: str, pods: Mapping[str, Any], **rules: list[Rule]) -> Manifest:
    """Return a policy for some pods.

    Args:
        namespace: where they are.
        name: name of the policy.
        why: what it is for, for who reads it in the cluster.
        pods: label selector; empty for all pods.
        rules: rules for ``ingress``, ``egress`` or both; none to deny both.

    """
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels(),
            "annotations": {"kubernetes.io/description": why},
        },
        "spec": {
            "podSelector": dict(pods),
            "policyTypes": [direction.capitalize() for direction in rules or ("ingress", "egress")],
            **rules,
        },
    }


def default_deny(namespace: str) -> Manifest:
    """Nothing in, nothing out, for every pod that no opening selects."""
    return policy(namespace, "default-deny", "Everything that no other policy opens is denied.", {})


def allow_dns(namespace: str) -> Manifest:
    """Names are looked up in the cluster's DNS; answers too long for UDP come over TCP."""
    ports = [{"protocol": protocol, "port": _DNS} for protocol in ("UDP", "TCP")]
    to = [pods_in("kube-system", labelled({"k8s-app": "kube-dns"}))]
    return policy(namespace, "allow-dns", "Names in the cluster's DNS.", {}, egress=[{"to": to, "ports": ports}])


def labelled(pod_labels: Mapping[str, str]) -> Manifest:
    """Return the selector of pods with some labels."""
    return {"matchLabels": dict(pod_labels)}


def having(label: str) -> Manifest:
    """Return the selector of pods with a label, whatever its value is."""
    return {"matchExpressions": [{"key": label, "operator": "Exists"}]}


def pods_in(namespace: str | None, selector: Manifest | None = None) -> dict[str, Any]:
    """Return pods of a namespace (``None``: of any) as a peer, all of them without a selector."""
    peer: dict[str, Any] = {"namespaceSelector": labelled({NAMESPACE_LABEL: namespace}) if namespace else {}}
    return {**peer, "podSelector": selector} if selector else peer


def pods_beside(pod_labels: Mapping[str, str]) -> dict[str, Any]:
    """Return pods of the policy's own namespace as a peer."""
    return {"podSelector": labelled(pod_labels)}


def networks(cidrs: Iterable[str]) -> Peers:
    """Return networks outside of the cluster, in CIDR notation, as peers."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def host_peers(host: str, namespace: str) -> tuple[Peers, bool]:
    """Return what a host name may stand for, and whether that is pods and nothing else.

    Args:
        host: ``name.namespace.svc``, with or without the cluster's domain, or the bare name of a Service, is one in the
            cluster: all pods of its namespace, because no policy knows a Service. ``name.namespace`` may be a domain as
            well, so both are peers. Everything else is outside of the cluster, where names say nothing of addresses.
        namespace: namespace of the pods that ask, in which bare names are looked up.

    """
    if service := _SERVICE.fullmatch(host):
        return [pods_in(service["namespace"].lower())], True
    if _BARE_SERVICE.fullmatch(host):
        return [pods_in(namespace)], True
    if service := _SERVICE_OR_DOMAIN.fullmatch(host):
        return [*ANYWHERE, pods_in(service["namespace"].lower())], False
    return ANYWHERE, False


def ingress_rule(peers: Peers, *ports: int) -> Rule:
    """Return the rule that lets peers in on TCP ports."""
    return {"from": peers, "ports": tcp(*ports)}


def egress_rule(peers: Peers, *ports: int) -> Rule:
    """Return the rule that lets pods out to peers on TCP ports."""
    return {"to": peers, "ports": tcp(*ports)}


def tcp(*ports: int) -> list[dict[str, Any]]:
    """Return TCP ports as a rule lists them."""
    return [{"protocol": "TCP", "port": port} for port in ports]


def url_egress(url: str, *, namespace: str, tunnel: int | None = None) -> list[Rule]:
    """Return the way to a URL.

    The port is the Service's own, so a Service must not translate it.

    Args:
        url: ``http(s)://host[:port]``.
        namespace: namespace of the pods that call it.
        tunnel: port of the ambient mesh's tunnel, to be opened beside that of pods in the cluster.

    """
    parts = urlsplit(url)
    port = parts.port or (HTTPS if parts.scheme == "https" else HTTP)
    peers, only_pods = host_peers(parts.hostname or "", namespace)
    return [egress_rule(peers, port, *([tunnel] if tunnel and only_pods else []))]


def store_egress(store: ObjectStore, *, namespace: str, tunnel: int | None = None) -> list[Rule]:
    """Return the way to an object store.

    AWS S3 and STS answer on 443; without an IAM role, keys or a Secret the credentials come from EKS Pod Identity's
    agent on the node. Where only a Secret outside this stack says where the store is, HTTPS and MinIO's port are open.

    Args:
        store: how it is reached.
        namespace: namespace of the pods that call it.
        tunnel: port of the ambient mesh's tunnel, to be opened beside that of pods in the cluster.

    """
    if store.pod_labels:
        return [egress_rule([pods_beside(store.pod_labels)], MINIO_PORT)]
    if store.secret_holds_endpoint:
        return [egress_rule([*ANYWHERE, pods_in(None)], HTTPS, MINIO_PORT)]
    if store.endpoint:
        return url_egress(store.endpoint, namespace=namespace, tunnel=tunnel)
    rules = [egress_rule(ANYWHERE, HTTPS)]
    if store.role_arn is None and store.keys is None and store.secret is None:
        rules.append(egress_rule(POD_IDENTITY_AGENT, HTTP))
    return rules
