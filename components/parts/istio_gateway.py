"""Istio's gateway for everything that comes in, and its certificate, as plain data. Pure functions.

Source: https://istio.io/latest/docs/reference/config/networking/gateway/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from components.parts.cert_manager_issuers import solves_http01
from mlplatform.config.engines import ENGINES
from mlplatform.config.parts.istio import GATEWAY_NAMESPACE

if TYPE_CHECKING:
    from mlplatform.config import Settings

NAME = "mlplatform"
CERTIFICATE = "mlplatform-gateway"
# Of the gateway's pods; also what Knative's own Gateways select, which its operator sets up.
SELECTOR = {"istio": "ingressgateway"}


def gateway_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the host names that the gateway answers to, and that its certificate names; ``()`` without ingress.

    The domain and everything in it, and MLflow's host where that lies elsewhere. Let's Encrypt signs no wildcard over
    HTTP-01 (https://letsencrypt.org/docs/challenge-types/), so there every host is named.
    """
    ingress = settings.ingress
    if ingress is None:
        return ()
    exposure = settings.mlflow.exposure if settings.mlflow else None
    others = {exposure.host} if exposure and exposure.kind == "gateway" else set()
    if not (settings.cert_manager and solves_http01(settings.cert_manager.issuer) and ingress.tls):
        outside = {host for host in others if host.partition(".")[2] != ingress.domain and host != ingress.domain}
        return (ingress.domain, f"*.{ingress.domain}", *sorted(outside))
    models = {
        host
        for model in settings.models
        for host in ENGINES[model.serving].hosts(model.name, model.namespace, ingress.domain)
    }
    return (ingress.domain, *sorted({*models, *others} - {ingress.domain}))


def gateway(hosts: tuple[str, ...], *, tls: bool, redirect: bool) -> dict[str, Any]:
    """Return the ``Gateway`` for all hosts.

    Args:
        hosts: see :func:`gateway_hosts`.
        tls: whether it terminates TLS with the certificate of :func:`certificate`.
        redirect: with TLS, whether port 80 redirects. Not under HTTP-01: Istio would redirect the challenges of every
            host that a route has, so there the gateway leaves port 80 to them alone.

    """
    plain: dict[str, Any] = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": list(hosts)}
    servers = [plain]
    if tls:
        secure = {
            "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
            "hosts": list(hosts),
            "tls": {"mode": "SIMPLE", "credentialName": CERTIFICATE, "minProtocolVersion": "TLSV1_2"},
        }
        servers = [secure, {**plain, "tls": {"httpsRedirect": True}}] if redirect else [secure]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": NAME, "namespace": GATEWAY_NAMESPACE, "labels": labels()},
        "spec": {"selector": SELECTOR, "servers": servers},
    }


def certificate(hosts: tuple[str, ...], *, issuer: str) -> dict[str, Any]:
    """Return the gateway's ``Certificate``, with its Secret where the gateway's pods are: there Istio looks for it."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": CERTIFICATE, "namespace": GATEWAY_NAMESPACE, "labels": labels()},
        "spec": {
            "secretName": CERTIFICATE,
            "dnsNames": list(hosts),
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer},
        },
    }
