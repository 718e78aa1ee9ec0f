"""Everything that decides how the tracking server runs, worked out once and handed to all that make objects of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.kubernetes.object_stores import ObjectStore
    from components.mlflow.connection import DatabaseConnection
    from mlplatform.config.mlflow import MlflowSection


@dataclass(frozen=True, kw_only=True)
class ServerPlan:
    """Everything that decides how the tracking server runs.

    Attributes:
        settings: MLflow's settings.
        production: whether it is a production stack.
        image: image of MLflow.
        database: the database.
        store: the artifact store.
        auth_config: name of the ConfigMap with the auth configuration, ``None`` without auth.
        scripts: name of the ConfigMap with the scripts.
        public_url: URL from outside, ``None`` where MLflow is not exposed.
        metrics: whether Prometheus reads metrics.
        encryption_version: number of the encryption key that is used now; earlier ones are kept.
        rotation: pod annotations that restart pods after a rotation.

    """

    settings: MlflowSection
    production: bool
    image: str
    database: DatabaseConnection
    store: ObjectStore
    auth_config: str | None
    scripts: str
    public_url: str | None
    metrics: bool
    encryption_version: int
    rotation: dict[str, str]

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.settings.namespace
