"""Values of Istio's charts. Pure functions.

Source: charts of Istio 1.30; https://istio.io/latest/docs/setup/additional-setup/cni/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.objects import NODE_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Name of the gateway's release, and so of its Deployment and Service; its pods' label ``istio`` is the part behind
# ``istio-``, which :data:`components.parts.istio_gateway.SELECTOR` names.
GATEWAY_SERVICE = "istio-ingressgateway"
_GATEWAY_PORTS = {"http2": 80, "https": 443}
# Pod Security restricted asks for it; Istio's charts leave it out.
_SECCOMP = {"type": "RuntimeDefault"}
_HBONE = {"defaultConfig": {"proxyMetadata": {"ISTIO_META_ENABLE_HBONE": "true"}}}


def platform_values(platform: str | None) -> dict[str, Any]:
    """Return the values, of every chart of Istio, that name the kind of cluster.

    The charts have a profile for each (``files/profile-platform-*.yaml``): on k3s, for example, the node's folders of
    CNI plugins are elsewhere, and without it no pod of the mesh starts.

    Args:
        platform: one of those profiles; ``None`` for a cluster with the usual folders.

    """
    return {"global": {"platform": platform}} if platform else {}


def cni_values(*, ambient: bool) -> dict[str, Any]:
    """Return the values of ``cni``: it sets up pods' traffic on the node, so that no pod needs NET_ADMIN."""
    # AppArmor by the field of the pod; its annotation is deprecated since Kubernetes 1.30.
    return {"useAppArmorAnnotation": False, **({"ambient": {"enabled": True}} if ambient else {})}


def istiod_values(*, ambient: bool, production: bool) -> dict[str, Any]:
    """Return the values of ``istiod``."""
    # A sidecar that is an init container is up before KServe's storage initializer, which needs the network.
    env = {"ENABLE_NATIVE_SIDECARS": "true"}
    values: dict[str, Any] = {
        "cni": {"enabled": True},
        "seccompProfile": _SECCOMP,
        "global": {"proxy": {"seccompProfile": _SECCOMP}},
        "autoscaleMin": 2 if production else 1,
        "env": env,
    }
    if ambient:
        values |= {
            "env": {**env, "PILOT_ENABLE_AMBIENT": "true"},
            "trustedZtunnelNamespace": NODE_NAMESPACE,
            "meshConfig": _HBONE,
        }
    return values


def gateway_values(
    *, service_type: str, replicas: int, annotations: Mapping[str, str], source_ranges: Sequence[str]
) -> dict[str, Any]:
    """Return the values of ``gateway``.

    Args:
        service_type: type of its Service.
        replicas: fewest pods; at most five times as many.
        annotations: annotations of its Service.
        source_ranges: networks that reach its load balancer; empty for every one.

    """
    service: dict[str, Any] = {
        "type": service_type,
        # Without the chart's first one, the state of the proxy (15021), which is the kubelet's to ask for and nobody's
        # outside.
        "ports": [
            {"name": name, "port": port, "protocol": "TCP", "targetPort": port} for name, port in _GATEWAY_PORTS.items()
        ],
        **({"annotations": dict(annotations)} if annotations else {}),
        **({"loadBalancerSourceRanges": list(source_ranges)} if source_ranges else {}),
    }
    return {
        "service": service,
        "autoscaling": {"minReplicas": replicas, "maxReplicas": replicas * 5},
        # As the chart has it, and what Pod Security restricted asks for on top; a value here replaces all of it.
        "securityContext": {
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
            "seccompProfile": _SECCOMP,
        },
        **({"podDisruptionBudget": {"minAvailable": 1}} if replicas > 1 else {}),
    }
