"""Monitoring: Prometheus where asked for, and what it is to read and to report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlplatform.config.fields import Bytes, Label, Section
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding

NAMESPACE = "mlplatform-monitoring"
# Secret of Grafana's administrator.
GRAFANA_ADMIN = "grafana-admin"
_CHART = "kube-prometheus-stack"


class MonitoringSection(Section):
    """Prometheus: an existing one, or the whole stack."""

    stack: Literal["existing", "kubePrometheusStack"] = Field(
        default="existing", description="existing: only ServiceMonitors, alerts and dashboards for it"
    )
    namespace: Label = Field(default="monitoring", description="namespace of the existing Prometheus")
    storage: Bytes | None = Field(
        default=None,
        description="volume of each Prometheus of kubePrometheusStack; the default is none, in production 50Gi",
    )
    storage_class: Label | None = Field(
        default=None, description="storage class of the volumes of kubePrometheusStack; the default is the cluster's"
    )
    keda: bool = Field(
        default=False,
        description="installs KEDA, and records mlplatform:requests_per_second of each pod, which a ScaledObject of "
        "your own may scale by",
    )
    labels: dict[str, str] = Field(
        default_factory=lambda: {"release": "kube-prometheus-stack"},
        description="labels that the Prometheus selects ServiceMonitors and rules by",
    )


def needed_charts(settings: Settings) -> Iterator[str]:
    """Yield the chart of the whole stack, where it is asked for."""
    if settings.monitoring and settings.monitoring.stack == "kubePrometheusStack":
        yield _CHART


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield what belongs to the other kind of Prometheus."""
    monitoring = settings.monitoring
    if monitoring is None:
        return
    if monitoring.stack == "kubePrometheusStack":
        if "namespace" in monitoring.model_fields_set and monitoring.namespace:
            yield (
                ("monitoring", "namespace"),
                "cannot be combined with kubePrometheusStack, which has its own; remove it",
            )
        return
    for key, value in (("storage", monitoring.storage), ("storageClass", monitoring.storage_class)):
        if value:
            yield (
                ("monitoring", key),
                "is of kubePrometheusStack: the existing Prometheus has its own; remove it, or set stack",
            )


PART = Part(
    name="monitoring",
    section=MonitoringSection,
    description="Prometheus; none: no monitoring objects at all",
    charts=(_CHART,),
    needed_charts=needed_charts,
    namespaces=(NAMESPACE,),
    crds={"prometheus-operator": _CHART},
    secrets=(GRAFANA_ADMIN,),
    needs=("cert_manager", "istio", "eks_services"),
    rules=rules,
)
