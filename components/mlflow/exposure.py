"""How MLflow is reached from outside the cluster: an Ingress, or a route of the platform's Istio gateway. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.mlflow import names

if TYPE_CHECKING:
    from mlplatform.config.ingress import IngressSection
    from mlplatform.config.mlflow import ExposureSection

Manifest = dict[str, Any]

_CERTIFICATE = "mlflow-tls"
# Artifacts are uploaded in one request; ingress-nginx stops at 1 MiB by default.
_NGINX = {
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "600",
}


def public_url(exposure: ExposureSection | None, ingress: IngressSection | None) -> str | None:
    """Return the URL from outside, ``None`` where MLflow is not exposed.

    Args:
        exposure: how it is reached. An Ingress always has TLS.
        ingress: the platform's gateway, which may be without TLS; then MLflow has no passwords.

    """
    if exposure is None:
        return None
    plain = exposure.kind == "gateway" and ingress is not None and not ingress.tls
    return f"{'http' if plain else 'https'}://{exposure.host}"


def ingress(exposure: ExposureSection, namespace: str, issuer: str | None) -> Manifest:
    """Return the Ingress.

    Args:
        exposure: host, class and annotations; its annotations win over those added here.
        namespace: its namespace.
        issuer: ClusterIssuer of its certificate, unless the settings name a Secret with one.

    """
    # Its address is the controller's business, and no controller means no address for ever.
    added = {"pulumi.com/skipAwait": "true"}
    if issuer and not exposure.tls_secret:
        added["cert-manager.io/cluster-issuer"] = issuer
    if "nginx" in (exposure.class_name or ""):
        added |= _NGINX
    annotations = {**added, **exposure.annotations}
    backend = {"service": {"name": names.SERVER, "port": {"name": names.HTTP}}}
    spec: Manifest = {
        "tls": [{"hosts": [exposure.host], "secretName": exposure.tls_secret or _CERTIFICATE}],
        "rules": [
            {"host": exposure.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        ],
    }
    if exposure.class_name:
        spec = {"ingressClassName": exposure.class_name, **spec}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": names.SERVER,
            "namespace": namespace,
            "labels": names.pod_labels(names.SERVER),
            "annotations": annotations,
        },
        "spec": spec,
    }


def virtual_service(exposure: ExposureSection, namespace: str, gateway: str) -> Manifest:
    """Return the route of the platform's gateway, which terminates TLS if it has a certificate.

    Args:
        exposure: the host.
        namespace: namespace of MLflow.
        gateway: ``<namespace>/<name>`` of the ``Gateway``.

    """
    destination = {
        "host": f"{names.service_host(names.SERVER, namespace)}.cluster.local",
        "port": {"number": names.SERVER_PORT},
    }
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": names.SERVER, "namespace": namespace, "labels": names.pod_labels(names.SERVER)},
        "spec": {
            "hosts": [exposure.host],
            "gateways": [gateway],
            # Without a time-out, which is Istio's default: artifacts may take long.
            "http": [{"route": [{"destination": destination}]}],
        },
    }
