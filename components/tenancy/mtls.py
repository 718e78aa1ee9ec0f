"""Mutual TLS between the pods of a mesh. Pure functions."""

from __future__ import annotations

from typing import Any

from components.kubernetes.metadata import labels


def strict_mtls(namespace: str) -> dict[str, Any]:
    """Return the ``PeerAuthentication`` that refuses plain text to every pod of a namespace.

    No port is left out. The kubelet's probes reach a pod through Istio's agent (sidecar mode) or from ztunnel's own
    link-local address (ambient), Prometheus reads the agent's port 15020, which is never intercepted, and Knative's
    activator and autoscaler speak TLS because their own namespace is in the mesh.

    Source: https://istio.io/latest/docs/reference/config/security/peer_authentication/
    """
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        # Istio takes the policy without a selector for the namespace's own; "default" is its customary name.
        "metadata": {"name": "default", "namespace": namespace, "labels": labels()},
        "spec": {"mtls": {"mode": "STRICT"}},
    }
