"""Namespaces that are not for teams, models and training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

_KUBERNETES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
# Section of the settings -> namespaces that its component creates (components/parts).
PLATFORM = {
    "certManager": ("cert-manager",),
    "istio": ("istio-system", "istio-ingress"),
    "knative": ("knative-operator", "knative-serving"),
    "kserve": ("kserve",),
    "seldon": ("seldon-system",),
    "monitoring": ("mlplatform-monitoring", "keda"),
    "mlflow": ("cnpg-system",),
    "aws": ("cluster-autoscaler",),
}


def namespace_faults(raw: dict[str, Any], path: Path, namespace: Any, *, example: str = "models") -> Iterator[Finding]:
    """Yield a finding where a namespace belongs to Kubernetes, or to a part of the platform that the stack installs."""
    if not isinstance(namespace, str):
        return
    advice = f"use a namespace of your own, such as {example}"
    if namespace in _KUBERNETES or namespace.startswith("kube-"):
        yield path, f"'{namespace}' belongs to Kubernetes; {advice}"
    for key, names in PLATFORM.items():
        installed = section(raw, key)
        own = (installed or {}).get("namespace", "mlflow") if key == "mlflow" else None
        if installed is not None and namespace in (*names, own):
            yield path, f"'{namespace}' belongs to the platform ({key}); {advice}"
