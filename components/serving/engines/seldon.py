"""Seldon Core v1 (1.17.1).

Sources: ``seldondeployment_types.go`` for the label of pods; ``executor/api/metric`` for the executor's metrics;
rclone's S3 backend for the ``RCLONE_CONFIG_<REMOTE>_*`` variables, which the storage initializer reads with the URI's
scheme as remote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.monitors import MetricsEndpoint
from components.serving.engines.engine import Engine, PodPorts, StoreSecret
from components.serving.engines.request_metric import RequestMetric
from components.serving.seldon_deployment import seldon_deployment
from mlplatform.config.engines import SELDON

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.object_stores import ObjectStore
    from components.serving.engines.engine import Manifest, ModelRouting
    from mlplatform.config import Model, Settings
    from mlplatform.config.engines import Mode
    from mlplatform.registry.facts import ModelFacts

# The executor's HTTP and gRPC ports; its metrics share the first, the model server's do not.
_EXECUTOR_HTTP, _EXECUTOR_GRPC, _MODEL_SERVER_METRICS = 8000, 5001, 6000


class Seldon(Engine):
    """Seldon Core v1."""

    facts = SELDON
    pod_label = "seldon-deployment-id"
    # The containers that Seldon Core adds to a pod (executor and storage initializer) neither drop capabilities nor can
    # be told to, so ``restricted`` would refuse every pod.
    pod_security = "baseline"
    secret = "model-store-rclone"  # noqa: S105 - the name of a Secret, not its content
    api_group = "machinelearning.seldon.io"
    resources = ("seldondeployments",)
    # Counted by the executor.
    metric = RequestMetric(
        source="seldon",
        count="seldon_api_executor_server_requests_seconds_count",
        bucket="seldon_api_executor_server_requests_seconds_bucket",
        per_second=1,
        code="code",
        by=("namespace", "deployment_name"),
        namespace="namespace",
        endpoint=MetricsEndpoint(
            selector={"matchLabels": {"app.kubernetes.io/managed-by": "seldon-core"}},
            port="metrics",
            path="/prometheus",
        ),
    )

    def manifest(self, model: Model, version: ModelFacts, settings: Settings) -> Manifest:
        """Return a ``SeldonDeployment``.

        It names a Secret always: rclone knows no store until its remote is configured.
        """
        return seldon_deployment(
            model,
            version,
            service_account=settings.object_store.service_account,
            store_secret=settings.object_store.existing_secret or self.secret,
        )

    def routes(self, model: Model, routing: ModelRouting) -> list[Manifest]:
        """Return nothing: the operator makes a ``VirtualService`` for each deployment."""
        del model, routing
        return []

    def knative_pods(self, manifest: Manifest) -> list[Mapping[str, Any]]:
        """Return nothing: its pods are of Deployments."""
        del manifest
        return []

    def ports(self, mode: Mode) -> PodPorts:
        """Return the executor's ports, and that of the model server's metrics."""
        del mode
        return PodPorts(gateway=(_EXECUTOR_HTTP, _EXECUTOR_GRPC), prometheus=(_EXECUTOR_HTTP, _MODEL_SERVER_METRICS))

    def account_secret(self, store: ObjectStore) -> str | None:
        """Return nothing: the deployment names its Secret."""
        del store
        return None

    def store_secret(self, store: ObjectStore) -> StoreSecret | None:
        """Return the settings of rclone's remote, with the static credentials where there are any."""
        if store.secret:
            return None
        content: dict[str, pulumi.Input[str]] = {**rclone_settings(store)}
        if store.keys:
            content["RCLONE_CONFIG_S3_ACCESS_KEY_ID"] = store.keys.access_key_id
            content["RCLONE_CONFIG_S3_SECRET_ACCESS_KEY"] = store.keys.secret_access_key
        return StoreSecret(content=content)


def rclone_settings(store: ObjectStore) -> dict[str, str]:
    """Return the rclone variables of the remote ``s3`` that are no secret."""
    variables = {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        # rclone's name for MinIO and stores that behave like it.
        "RCLONE_CONFIG_S3_PROVIDER": "Minio" if store.endpoint else "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false" if store.keys else "true",
    }
    if store.endpoint:
        variables["RCLONE_CONFIG_S3_ENDPOINT"] = store.endpoint
    else:
        # Under a key of KMS an ETag is no MD5. rclone compares it with one after each download, and would throw every
        # small file away, unless it is told. For reading that is all it does: no header is sent, no right is needed,
        # and files under S3's own keys are read as well (rclone docs/content/s3.md, "Key Management System (KMS)").
        variables["RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION"] = "aws:kms"
    if store.region:
        variables["RCLONE_CONFIG_S3_REGION"] = store.region
    return variables
