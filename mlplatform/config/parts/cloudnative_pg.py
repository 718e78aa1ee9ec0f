"""CloudNativePG, the operator of PostgreSQL, asked for by MLflow's database in the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings

NAMESPACE = "cnpg-system"


def condition(settings: Settings) -> bool:
    """Tell whether the stack's MLflow keeps its database in the cluster."""
    return settings.mlflow is not None and settings.mlflow.database.kind == "cloudNativePg"


def needed_charts(settings: Settings) -> Iterator[str]:
    """Yield the operator's chart and, with cert-manager, that of its plugin for backups."""
    yield "cloudnative-pg"
    if settings.cert_manager:
        yield "plugin-barman-cloud"


PART = Part(
    name="cloudnative_pg",
    asked_for_in="mlflow",
    condition=condition,
    charts=("cloudnative-pg", "plugin-barman-cloud"),
    needed_charts=needed_charts,
    namespaces=(NAMESPACE,),
    crds={"cloudnative-pg": "cloudnative-pg", "plugin-barman-cloud": "plugin-barman-cloud"},
    needs=("cert_manager",),
)
