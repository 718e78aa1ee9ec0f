"""What cannot work, known before the first resource: versions, a mirror without a chart, too many host names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.kubernetes.third_party import ThirdParty
from components.parts.cert_manager_issuers import solves_http01
from components.parts.istio_gateway import gateway_hosts
from mlplatform.config import Problem
from mlplatform.config.third_party import installed_charts
from mlplatform.config.versions import unsupported, version_row

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.config import Settings

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
