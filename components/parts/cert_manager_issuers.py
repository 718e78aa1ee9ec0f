"""cert-manager's issuers as plain data. Pure functions.

Sources: https://cert-manager.io/docs/configuration/ and, for the servers, https://letsencrypt.org/docs/acme-protocol-updates/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from mlplatform.config.parts.cert_manager import NAMESPACE

if TYPE_CHECKING:
    from mlplatform.config.parts.cert_manager import Dns01Section, IssuerSection

SELF_SIGNED = "self-signed"
# The stack's own certificate authority, its Certificate, the Secret with its key, and the issuer that signs with it.
AUTHORITY = "mlplatform-ca"
# Knative and KServe ask for certificates of 90 days; the authority outlives them by far.
AUTHORITY_DURATION = "87600h"
AUTHORITY_RENEW_BEFORE = "8760h"

_SERVERS = {
    "letsEncryptStaging": ("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
    "letsEncryptProduction": ("letsencrypt-production", "https://acme-v02.api.letsencrypt.org/directory"),
}


def issuer_name(issuer: IssuerSection) -> str:
    """Return the name of the ClusterIssuer that signs the platform's certificates."""
    return AUTHORITY if issuer.kind == "selfSigned" else _SERVERS[issuer.kind][0]


def solves_http01(issuer: IssuerSection | None) -> bool:
    """Tell whether certificates are earned over plain HTTP: no wildcards, and port 80 belongs to the challenges."""
    return issuer is not None and issuer.kind != "selfSigned" and issuer.dns01 is None


def self_signed_issuers() -> list[dict[str, Any]]:
    """Return the stack's own authority: who signs it, its certificate, and the issuer that signs with it.

    A chain rather than self-signed certificates alone: clients trust one authority, whatever it signed.
    """
    return [
        _cluster_issuer(SELF_SIGNED, {"selfSigned": {}}),
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": {"name": AUTHORITY, "namespace": NAMESPACE, "labels": labels()},
            "spec": {
                "isCA": True,
                "commonName": AUTHORITY,
                "secretName": AUTHORITY,
                "duration": AUTHORITY_DURATION,
                "renewBefore": AUTHORITY_RENEW_BEFORE,
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": SELF_SIGNED},
            },
        },
        _cluster_issuer(AUTHORITY, {"ca": {"secretName": AUTHORITY}}),
    ]


def acme_issuer(issuer: IssuerSection, *, ingress_class: str | None) -> dict[str, Any]:
    """Return the ClusterIssuer of Let's Encrypt.

    Args:
        issuer: kind Let's Encrypt, with an email.
        ingress_class: class of the Ingress that answers HTTP-01 challenges; ``None`` where Knative routes them itself.

    """
    name, server = _SERVERS[issuer.kind]
    solver = _route53(issuer.dns01) if issuer.dns01 else _http01(ingress_class)
    return _cluster_issuer(
        name,
        {
            "acme": {
                "server": server,
                "email": issuer.email,
                # cert-manager makes the account's key itself; it never leaves the cluster.
                "privateKeySecretRef": {"name": f"{name}-account"},
                "solvers": [solver],
            }
        },
    )


def _http01(ingress_class: str | None) -> dict[str, Any]:
    return {"http01": {"ingress": {"ingressClassName": ingress_class} if ingress_class else {}}}


def _route53(dns01: Dns01Section) -> dict[str, Any]:
    # The credentials are those of cert-manager's own service account, which carries the role.
    return {"dns01": {"route53": {"region": dns01.region, "hostedZoneID": dns01.hosted_zone_id}}}


def _cluster_issuer(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name, "labels": labels()},
        "spec": spec,
    }
