"""Rules of the platform as a whole, beside those of its parts: the row of versions, the version of Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.parts import parts
from mlplatform.config.versions import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule; ``settings`` is a draft."""
    row = settings.versions
    if isinstance(row, str) and row and row not in rows():
        yield ("versions",), f"there is no row '{row}'; known here: {', '.join(rows())}"
    yield from _kubernetes_version(settings)
    for part in parts():
        if part.rules:
            yield from part.rules(settings)


def _kubernetes_version(settings: Settings) -> Iterator[Finding]:
    cluster = settings.cluster
    # Of EKS the field itself requires it. Without a cluster, that is what is required.
    if not cluster or cluster.kind == "eks" or cluster.kubernetes_version is not None:
        return
    installing = next((part.key for part in parts() if part.chart_names(settings)), None)
    if installing:
        reason = (
            f"is required beside {installing}: every chart is checked against it; write the cluster's minor version, "
            'for example "1.36"'
        )
        yield ("cluster", "kubernetesVersion"), reason
