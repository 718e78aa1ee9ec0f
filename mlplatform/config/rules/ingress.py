"""Rules of who reaches the gateway's load balancer: models have no log-in of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.networks import any_network
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    ingress = section(raw, "ingress")
    if ingress is None:
        return
    limits = [key for key in ("sourceRanges", "internal") if ingress.get(key)]
    if ingress.get("serviceType", "LoadBalancer") != "LoadBalancer":
        for key in limits:
            yield ("ingress", key), "needs serviceType LoadBalancer; remove it"
        return
    if ingress.get("internal") is True and section(raw, "aws") is None:
        reason = (
            "needs the section aws: every cloud is told in a way of its own that a load balancer is internal; remove it"
        )
        yield ("ingress", "internal"), reason
    issuer = section(raw, "certManager", "issuer") or {}
    if str(issuer.get("kind")).startswith("letsEncrypt") and issuer.get("dns01") is None:
        for key in limits:
            if key == "internal" or not _everybody(ingress["sourceRanges"]):
                yield (
                    ("ingress", key),
                    "keeps Let's Encrypt out, which asks from anywhere; use certManager.issuer.dns01",
                )
    if not limits and raw.get("environment") == "production" and _on_the_internet(raw):
        reason = (
            "is required in production on EKS, as models have no log-in of their own: name who reaches them, such as "
            '[203.0.113.0/24], or ["0.0.0.0/0"] for the whole internet; or write internal: true'
        )
        yield ("ingress", "sourceRanges"), reason


def _on_the_internet(raw: dict[str, Any]) -> bool:
    """Tell whether the section ``aws`` puts load balancers on the internet where nothing else is said."""
    aws = section(raw, "aws")
    if aws is None:
        return False
    existing = section(aws, "network", "existing")
    return existing is None or bool(existing.get("publicSubnets"))


def _everybody(ranges: Any) -> bool:
    """Tell whether every network is among them; what is no network is the field's own to refuse."""
    for network in ranges if isinstance(ranges, list) else ():
        try:
            if any_network(str(network)).prefixlen == 0:
                return True
        except ValueError:
            return True
    return False
