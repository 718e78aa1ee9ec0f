"""What monitoring watches of MLflow. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.mlflow import names
from components.parts.monitoring_alerts import Registry

if TYPE_CHECKING:
    from mlplatform.config.mlflow import MlflowSection


def alert_target(settings: MlflowSection) -> Registry:
    """Return where MLflow runs, known before it is made: alerts come with monitoring, which MLflow's monitors need."""
    backup = settings.database.backup
    return Registry(
        namespace=settings.namespace,
        deployment=names.SERVER,
        backup_schedule=backup.schedule if backup else None,
    )
