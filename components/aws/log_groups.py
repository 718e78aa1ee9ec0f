"""Log groups that AWS writes to by name: made beforehand, or AWS makes them without an end and without the key. Pure.

Sources: Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs"; Amazon RDS User Guide, "Publishing
PostgreSQL logs to Amazon CloudWatch Logs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.stack import aws_settings

if TYPE_CHECKING:
    from mlplatform.config import Settings

# What an instance exports: what the server logs, and what a major upgrade logs.
DATABASE_EXPORTS = ("postgresql", "upgrade")


def control_plane_log_group(cluster_name: str) -> str:
    """Return the log group of an EKS cluster's control plane."""
    return f"/aws/eks/{cluster_name}/cluster"


def database_log_group(identifier: str, export: str) -> str:
    """Return the log group of one export of an RDS instance."""
    return f"/aws/rds/instance/{identifier}/{export}"


def database_identifier(settings: Settings) -> str:
    """Return the identifier of the RDS instance of MLflow; it is part of the names of its log groups.

    Raises:
        ValueError: the stack has no database on RDS.

    """
    if settings.mlflow is None or settings.mlflow.database.kind != "rds":
        raise ValueError("the stack has no database on RDS")
    return f"{aws_settings(settings).prefix}-{settings.mlflow.database.name}"


def log_groups(settings: Settings) -> tuple[str, ...]:
    """Return the names of the log groups of cluster and database."""
    groups = [control_plane_log_group(aws_settings(settings).prefix)]
    if settings.mlflow is not None and settings.mlflow.database.kind == "rds":
        identifier = database_identifier(settings)
        groups += [database_log_group(identifier, export) for export in DATABASE_EXPORTS]
    return tuple(groups)
