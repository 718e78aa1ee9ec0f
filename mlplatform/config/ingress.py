"""How requests come in: class, domain and TLS of the gateway, and who reaches it, as models have no log-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mlplatform.config.addresses import Domain
from mlplatform.config.fields import Section, wrong
from mlplatform.config.networks import any_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding


def _source_range(value: str) -> str:
    try:
        return str(any_network(value))
    except ValueError as error:
        raise wrong(str(error)) from None


SourceRange = Annotated[str, AfterValidator(_source_range)]


class IngressSection(Section):
    """How requests come in."""

    ingress_class: Literal["istio", "kourier"] = Field(
        default="istio", alias="class", description="istio, or kourier (Knative without a mesh gateway)"
    )
    domain: Domain = Field(description="domain of all hosts, for example models.example.org")
    tls: bool = Field(default=True, description="gateways terminate TLS with a certificate of the issuer")
    service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        default="LoadBalancer", description="type of the gateway's Service"
    )
    source_ranges: tuple[SourceRange, ...] = Field(
        default=(), description="networks that reach the load balancer, for example 203.0.113.0/24; none: every one"
    )
    internal: bool = Field(
        default=False, description="with aws: load balancers are reached from the network alone, not from the internet"
    )


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule; ``settings`` is a draft."""
    if settings.ingress is not None:
        yield from _needs(settings, settings.ingress)
        yield from _load_balancer(settings, settings.ingress)


def _needs(settings: Settings, ingress: IngressSection) -> Iterator[Finding]:
    path = ("ingress", "class")
    if ingress.ingress_class == "istio" and settings.istio is None:
        yield path, "istio needs Istio; add istio: {}, or use kourier with Knative"
    if ingress.ingress_class == "kourier" and settings.istio is not None:
        reason = (
            "kourier cannot be combined with istio: its gateway is outside the mesh, which models take requests from "
            "only; use istio, or remove the section istio"
        )
        yield path, reason
    if ingress.ingress_class == "kourier" and settings.knative is None:
        yield path, "kourier needs Knative, whose routes are all that it serves; add knative: {}"
    if ingress.tls is True and settings.cert_manager is None:
        yield ("ingress", "tls"), "needs cert-manager, which signs the certificates; add certManager: {}, or tls: false"


def _load_balancer(settings: Settings, ingress: IngressSection) -> Iterator[Finding]:
    given = {"sourceRanges": ingress.source_ranges, "internal": ingress.internal}
    limits = [key for key, value in given.items() if value]
    if ingress.service_type != "LoadBalancer":
        for key in limits:
            yield ("ingress", key), "needs serviceType LoadBalancer; remove it"
        return
    if ingress.internal is True and settings.aws is None:
        reason = (
            "needs the section aws: every cloud is told in a way of its own that a load balancer is internal; remove it"
        )
        yield ("ingress", "internal"), reason
    issuer = settings.cert_manager.issuer if settings.cert_manager else None
    if issuer and str(issuer.kind).startswith("letsEncrypt") and issuer.dns01 is None:
        for key in limits:
            if key == "internal" or not _let_everybody_in(ingress.source_ranges):
                yield (
                    ("ingress", key),
                    "keeps Let's Encrypt out, which asks from anywhere; use certManager.issuer.dns01",
                )
    if not limits and settings.environment == "production" and _on_the_internet(settings):
        reason = (
            "is required in production on EKS, as models have no log-in of their own: name who reaches them, such as "
            '[203.0.113.0/24], or ["0.0.0.0/0"] for the whole internet; or write internal: true'
        )
        yield ("ingress", "sourceRanges"), reason


def _on_the_internet(settings: Settings) -> bool:
    """Tell whether the section ``aws`` puts load balancers on the internet where nothing else is said."""
    if settings.aws is None:
        return False
    existing = settings.aws.network.existing if settings.aws.network else None
    return existing is None or bool(existing.public_subnets)


def _let_everybody_in(ranges: Any) -> bool:
    """Tell whether every network is among them; what is no network is the field's own to refuse."""
    for network in ranges if isinstance(ranges, list | tuple) else ():
        try:
            if any_network(str(network)).prefixlen == 0:
                return True
        except ValueError:
            return True
    return False
