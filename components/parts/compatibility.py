"""What cannot work, known before the first resource: versions, a mirror without a chart, too many host names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.kubernetes.third_party import ThirdParty
from components.parts.gateways import gateway_hosts
from components.parts.issuers import solves_http01
from components.parts.seldon import seldon_chart
from mlplatform.config import Problem
from mlplatform.config.versions import unsupported, version_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlplatform.config import Settings
    from mlplatform.config.platform import Monitoring
    from mlplatform.config.versions import Chart, VersionRow

# https://letsencrypt.org/docs/rate-limits/
MOST_NAMES = 100


def platform_problems(settings: Settings, project_dir: Path, *, file: str) -> list[Problem]:
    """Return everything that is known to fail, one problem each.

    Args:
        settings: the stack's settings.
        project_dir: the project's folder, which a relative mirror folder starts from.
        file: name of the stack file.

    """
    row = version_row(settings.versions)
    charts = installed_charts(settings, row)
    problems = []
    # Where any chart is installed, the settings' rules demand it.
    kubernetes = settings.cluster.kubernetes_version
    if kubernetes and (which := unsupported(charts, kubernetes)):
        message = (
            f"{kubernetes} is not what all charts support: {which}; use another cluster, or another row of versions"
        )
        problems.append(Problem(file=file, key="cluster.kubernetesVersion", message=message))
    problems += ThirdParty(row=row, mirror=settings.mirror).missing_archives(charts, folder=project_dir, file=file)
    hosts = gateway_hosts(settings)
    if settings.cert_manager and solves_http01(settings.cert_manager.issuer) and len(hosts) > MOST_NAMES:
        problems.append(
            Problem(
                file=file,
                key="certManager.issuer.dns01",
                message=f"is required for {len(hosts)} host names: over HTTP-01 Let's Encrypt signs no wildcard, "
                f"and at most {MOST_NAMES} names",
            )
        )
    return problems


def installed_charts(settings: Settings, row: VersionRow) -> list[Chart]:
    """Return the charts that a stack installs, in no particular order."""
    charts = [row.charts[key] for key in _installed(settings)]
    return [*charts, seldon_chart(settings.seldon, row)] if settings.seldon else charts


def needs_cloudnative_pg(settings: Settings) -> bool:
    """Tell whether the stack's MLflow keeps its database in the cluster."""
    return settings.mlflow is not None and settings.mlflow.database.kind == "cloudNativePg"


def has_gpus(settings: Settings) -> bool:
    """Tell whether the stack's own cluster has nodes with GPUs."""
    return settings.aws is not None and any(group.kind == "gpu" for group in settings.aws.node_groups)


def _installed(settings: Settings) -> Iterator[str]:
    yield from _of_nodes(settings)
    if settings.cert_manager:
        yield "cert-manager"
    if settings.istio:
        yield from ("istio-base", "istio-cni", "istiod")
        if settings.istio.data_plane == "ambient":
            yield "istio-ztunnel"
        if settings.ingress:
            yield "istio-gateway"
    yield from _of_serving(settings)
    if needs_cloudnative_pg(settings):
        yield "cloudnative-pg"
        if settings.cert_manager:
            yield "plugin-barman-cloud"
    if settings.mlflow and settings.mlflow.variant == "communityChart":
        yield "mlflow"
    if settings.monitoring:
        yield from _of_monitoring(settings.monitoring)


def _of_nodes(settings: Settings) -> Iterator[str]:
    if settings.cluster.kind == "eks":
        yield "cluster-autoscaler"
    if has_gpus(settings):
        yield "nvidia-device-plugin"


def _of_serving(settings: Settings) -> Iterator[str]:
    if settings.knative:
        yield "knative-operator"
    if settings.kserve:
        yield from ("kserve-crd", "kserve-resources", "kserve-runtime-configs")


def _of_monitoring(monitoring: Monitoring) -> Iterator[str]:
    if monitoring.stack == "kubePrometheusStack":
        yield "kube-prometheus-stack"
    if monitoring.prometheus_adapter:
        yield "prometheus-adapter"
    if monitoring.keda:
        yield "keda"
