"""Alerts and recordings of the platform as a ``PrometheusRule``. Pure functions.

Every metric is one that the deployed versions export; beside each stands where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from components.parts.monitoring_metrics import matchers, requests_per_second
from mlplatform.config.cron import longest_gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.serving.engines.request_metric import RequestMetric

ERROR_RATIO = 0.05
LATENCY_SECONDS = 1
MEMORY_RATIO = 0.9
THROTTLED_RATIO = 0.25
# How many scheduled backups in a row may fail before somebody is told, and how long one may take.
BACKUP_RUNS = 2
BACKUP_HOURS = 2
CERTIFICATE_DAYS = 10
NAME = "mlplatform"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Where MLflow runs.

    Attributes:
        namespace: its namespace.
        deployment: name of its Deployment.
        backup_schedule: cron schedule of its database's backups to the object store, ``None`` without.

    """

    namespace: str
    deployment: str
    backup_schedule: str | None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What there is to alert of.

    Attributes:
        model_namespaces: where models are served; no alerts of models without.
        metrics: what counts the requests of models, source -> metric.
        registry: the stack's MLflow, if there is one.
        certificates: whether cert-manager is there.
        per_pod: whether the requests of each pod are recorded, for autoscalers.

    """

    model_namespaces: tuple[str, ...]
    metrics: Mapping[str, RequestMetric]
    registry: Registry | None
    certificates: bool
    per_pod: bool = False


def prometheus_rule(watched: Watched, *, namespace: str, selected_by: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``PrometheusRule`` with all alerts, and what is recorded for autoscalers.

    Args:
        watched: what there is to alert of.
        namespace: where it lies.
        selected_by: labels that Prometheus selects rules by.

    """
    groups: dict[str, list[dict[str, Any]]] = {}
    if watched.model_namespaces:
        for source, metric in watched.metrics.items():
            groups[f"models-{source}"] = list(_requests(metric, watched.model_namespaces))
        groups["models-saturation"] = list(_saturation(watched.model_namespaces))
    if watched.registry:
        groups["registry"] = list(_registry(watched.registry))
    if watched.certificates:
        groups["certificates"] = list(_certificates())
    if watched.per_pod:
        groups["autoscaling"] = [requests_per_second(metric) for metric in watched.metrics.values()]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": NAME, "namespace": namespace, "labels": {**labels(), **selected_by}},
        "spec": {"groups": [{"name": f"{NAME}-{name}", "rules": rules} for name, rules in groups.items()]},
    }


def _alert(name: str, expression: str, *, minutes: int, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": f"{minutes}m",
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }


def _requests(metric: RequestMetric, namespaces: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    by = ", ".join(metric.by)
    model = "/".join(f"{{{{ $labels.{label} }}}}" for label in metric.by)
    errors = matchers(metric, namespaces, f'{metric.code}=~"5.."')
    failed = f"sum by ({by}) (rate({metric.count}{errors}[5m]))"
    all_of_them = f"sum by ({by}) (rate({metric.count}{matchers(metric, namespaces)}[5m]))"
    yield _alert(
        "ModelErrorRate",
        f"{failed} / {all_of_them} > {ERROR_RATIO}",
        minutes=10,
        severity="critical",
        summary=f"{model} answers {{{{ $value | humanizePercentage }}}} of its requests with an error",
    )
    buckets = f"sum by (le, {by}) (rate({metric.bucket}{matchers(metric, namespaces)}[5m]))"
    yield _alert(
        "ModelLatency",
        f"histogram_quantile(0.99, {buckets}) / {metric.per_second} > {LATENCY_SECONDS}",
        minutes=10,
        severity="warning",
        summary=f"{model} needs {{{{ $value | humanizeDuration }}}} for the slowest hundredth of its requests",
    )


def _saturation(namespaces: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    of_models = f'namespace=~"{"|".join(namespaces)}",container!=""'
    # cAdvisor of the kubelet, and kube-state-metrics.
    used = f"max by (namespace, pod, container) (container_memory_working_set_bytes{{{of_models}}})"
    limit = f'max by (namespace, pod, container) (kube_pod_container_resource_limits{{{of_models},resource="memory"}})'
    where = "{{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }})"
    yield _alert(
        "ModelMemorySaturated",
        f"{used} / {limit} > {MEMORY_RATIO}",
        minutes=15,
        severity="warning",
        summary=f"{where} uses {{{{ $value | humanizePercentage }}}} of its memory limit",
    )
    throttled, periods = (
        f"sum by (namespace, pod, container) (rate(container_cpu_cfs_{kind}_total{{{of_models}}}[5m]))"
        for kind in ("throttled_periods", "periods")
    )
    yield _alert(
        "ModelCpuThrottled",
        f"{throttled} / {periods} > {THROTTLED_RATIO}",
        minutes=15,
        severity="warning",
        summary=f"{where} is held back at its CPU limit {{{{ $value | humanizePercentage }}}} of the time",
    )


def _registry(registry: Registry) -> Iterator[dict[str, Any]]:
    # kube-state-metrics. An absent series is an outage too.
    series = (
        "kube_deployment_status_replicas_available"
        f'{{namespace="{registry.namespace}",deployment="{registry.deployment}"}}'
    )
    yield _alert(
        "RegistryDown",
        f"{series} == 0 or absent({series})",
        minutes=5,
        severity="critical",
        summary="MLflow has no pod that answers; nobody can log, register or preview",
    )
    if registry.backup_schedule:
        # Barman Cloud plugin, internal/cnpgi/instance/metrics.go; 0 before the first backup.
        newest = (
            "max by (namespace) (barman_cloud_cloudnative_pg_io_last_available_backup_timestamp"
            f'{{namespace="{registry.namespace}"}})'
        )
        yield _alert(
            "DatabaseBackupTooOld",
            f"time() - {newest} > {backup_age(registry.backup_schedule)}",
            minutes=30,
            severity="critical",
            summary="the newest backup of MLflow's database is {{ $value | humanizeDuration }} old",
        )
        yield _alert(
            "DatabaseBackupUnknown",
            f"absent({newest})",
            minutes=30,
            severity="critical",
            summary="nothing tells how old the newest backup of MLflow's database is: no instance reports it",
        )


def backup_age(schedule: str) -> int:
    """Return from which age on, in seconds, the newest backup is too old.

    Raises:
        ValueError: the schedule never runs; the settings refuse such a one.

    """
    gap = longest_gap(schedule)
    if gap is None:
        raise ValueError(f"'{schedule}' never runs")
    return BACKUP_RUNS * int(gap.total_seconds()) + BACKUP_HOURS * 3600


def _certificates() -> Iterator[dict[str, Any]]:
    # https://cert-manager.io/docs/devops-tips/prometheus-metrics/
    where = "{{ $labels.exported_namespace }}/{{ $labels.name }}"
    yield _alert(
        "CertificateExpires",
        f"certmanager_certificate_expiration_timestamp_seconds - time() < {CERTIFICATE_DAYS * 86400}",
        minutes=60,
        severity="critical",
        summary=f"certificate {where} expires in {{{{ $value | humanizeDuration }}}} and was not renewed",
    )
    yield _alert(
        "CertificateNotReady",
        'certmanager_certificate_ready_status{condition!="True"} == 1',
        minutes=30,
        severity="warning",
        summary=f"certificate {where} is not ready",
    )
