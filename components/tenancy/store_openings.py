"""Where an object store or a URL is, as rules of a NetworkPolicy. Pure functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.tenancy.surroundings import Place

if TYPE_CHECKING:
    from components.object_store import StoreAccess

Rules = list[dict[str, Any]]

# Policies know addresses, no names. Link-local ones are left out: the node's metadata service lives there.
ANYWHERE: Rules = [
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
    {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10"]}},
]
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
POD_IDENTITY_AGENT: Rules = [{"ipBlock": {"cidr": "169.254.170.23/32"}}, {"ipBlock": {"cidr": "fd00:ec2::23/128"}}]
# Its regional and private names have other addresses and the same port, and so has STS.
AWS_S3 = "https://s3.amazonaws.com"
HTTP, HTTPS, MINIO = 80, 443, 9000
_IN_CLUSTER = re.compile(r"[^.]+\.(?P<namespace>[^.]+)\.svc(\..*)?")


def store_rules(store: StoreAccess, *, hbone: int | None) -> Rules:
    """Return the way to a store.

    AWS S3 and STS answer on 443; without an IAM role, keys or a Secret the credentials come from EKS Pod Identity's
    agent on the node. What a Secret of somebody else says is not known here, so HTTPS and MinIO's port are open.

    Args:
        store: how it is reached.
        hbone: port of the ambient mesh's tunnel, to be opened beside that of pods in the cluster.

    """
    if store.existing_secret:
        return [{"to": [*ANYWHERE, {"namespaceSelector": {}}], "ports": _tcp(HTTPS, MINIO)}]
    if store.endpoint:
        return url_rules(store.endpoint, hbone=hbone)
    rules = [{"to": ANYWHERE, "ports": _tcp(HTTPS)}]
    if not store.role_arn and not store.access_key_id:
        rules.append({"to": POD_IDENTITY_AGENT, "ports": _tcp(HTTP)})
    return rules


def url_rules(url: str, *, hbone: int | None) -> Rules:
    """Return the way to a URL: to the namespace of a Service (``name.namespace.svc``), else to any address.

    The port is the Service's own, so a Service must not translate it.
    """
    parts = urlsplit(url)
    port = parts.port or (HTTPS if parts.scheme == "https" else HTTP)
    inside = _IN_CLUSTER.fullmatch(parts.hostname or "")
    if not inside:
        return [{"to": ANYWHERE, "ports": _tcp(port)}]
    return [{"to": [Place(namespace=inside["namespace"]).peer()], "ports": _tcp(port, *([hbone] if hbone else []))}]


def _tcp(*ports: int) -> Rules:
    return [{"protocol": "TCP", "port": port} for port in ports]
