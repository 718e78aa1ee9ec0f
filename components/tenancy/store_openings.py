"""Where an object store or a URL is, as rules of a NetworkPolicy. Pure functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.kubernetes.network_policies import ANYWHERE, HTTP, HTTPS, POD_IDENTITY_AGENT, tcp
from components.tenancy.platform_endpoints import Place

if TYPE_CHECKING:
    from components.kubernetes.network_policies import Rules
    from components.kubernetes.object_stores import StoreAccess

# Its regional and private names have other addresses and the same port, and so has STS.
AWS_S3 = "https://s3.amazonaws.com"
MINIO = 9000
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
        return [{"to": [*ANYWHERE, {"namespaceSelector": {}}], "ports": tcp(HTTPS, MINIO)}]
    if store.endpoint:
        return url_rules(store.endpoint, hbone=hbone)
    rules = [{"to": ANYWHERE, "ports": tcp(HTTPS)}]
    if store.role_arn is None and not store.access_key_id:
        rules.append({"to": POD_IDENTITY_AGENT, "ports": tcp(HTTP)})
    return rules


def url_rules(url: str, *, hbone: int | None) -> Rules:
    """Return the way to a URL: to the namespace of a Service (``name.namespace.svc``), else to any address.

    The port is the Service's own, so a Service must not translate it.
    """
    parts = urlsplit(url)
    port = parts.port or (HTTPS if parts.scheme == "https" else HTTP)
    inside = _IN_CLUSTER.fullmatch(parts.hostname or "")
    if not inside:
        return [{"to": ANYWHERE, "ports": tcp(port)}]
    return [{"to": [Place(namespace=inside["namespace"]).peer()], "ports": tcp(port, *([hbone] if hbone else []))}]
