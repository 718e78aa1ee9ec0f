"""What all network policies of the stack are made of. Pure functions.

Everything is denied, and each opening is an object of its own. Ports are those of the pods, not of Services: a policy
judges traffic after the Service's translation. What comes from a pod's own node (the kubelet's probes) is always
allowed. Policies know addresses, no names: what lies outside of the cluster is opened by port.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.object_stores import Engine

Manifest = dict[str, Any]
Rules = list[dict[str, Any]]

# Every namespace carries its own name in this label, and nobody can change it.
# https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
# Labels that the engines give to their pods: KServe 0.20 pkg/constants, Seldon Core 1.17.1 seldondeployment_types.go.
MODEL_PODS: dict[Engine, str] = {"kserve": "serving.kserve.io/inferenceservice", "seldon": "seldon-deployment-id"}
# Link-local addresses are left out: the node's metadata service lives there.
ANYWHERE: Rules = [
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
    {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10"]}},
]
# RFC 1918, and RFC 6598, which clouds use for private addresses, too.
PRIVATE_NETWORKS = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
POD_IDENTITY_AGENT: Rules = [{"ipBlock": {"cidr": "169.254.170.23/32"}}, {"ipBlock": {"cidr": "fd00:ec2::23/128"}}]
HTTP, HTTPS = 80, 443
_DNS = 53


def policy(namespace: str, name: str, why: str, pods: Mapping[str, Any], **opened: Rules) -> Manifest:
    """Return a policy for some pods.

    Args:
        namespace: where they are.
        name: name of the policy.
        why: what it is for, for who reads it in the cluster.
        pods: label selector; empty for all pods.
        opened: rules for ``ingress``, ``egress`` or both; none to deny both.

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
            "policyTypes": [kind.capitalize() for kind in opened or ("ingress", "egress")],
            **opened,
        },
    }


def default_deny(namespace: str) -> Manifest:
    """Nothing in, nothing out, for every pod that no opening selects."""
    return policy(namespace, "default-deny", "Everything that no other policy opens is denied.", {})


def allow_dns(namespace: str) -> Manifest:
    """Names are looked up in the cluster's DNS; answers too long for UDP come over TCP."""
    ports = [{"protocol": protocol, "port": _DNS} for protocol in ("UDP", "TCP")]
    to = [peer("kube-system", {"k8s-app": "kube-dns"})]
    return policy(namespace, "allow-dns", "Names in the cluster's DNS.", {}, egress=[{"to": to, "ports": ports}])


def peer(namespace: str | None, wanted: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return pods of a namespace (``None``: of any) as the peer of a rule, all of them without labels."""
    named = {"matchLabels": {NAMESPACE_LABEL: namespace}} if namespace else {}
    found: dict[str, Any] = {"namespaceSelector": named}
    return {**found, "podSelector": {"matchLabels": dict(wanted)}} if wanted else found


def tcp(*ports: int) -> Rules:
    """Return TCP ports as a rule lists them."""
    return [{"protocol": "TCP", "port": port} for port in ports]
