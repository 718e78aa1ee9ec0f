"""Labels and annotations that every object of the platform shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as kubernetes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

# Only immutable facts may stand in annotations: KServe copies them to its revisions, so a changed one restarts pods.
ANNOTATION_PREFIX = "mlplatform.dev"
MANAGED_BY = {"app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "mlplatform"}
# Pods with this label may talk to MLflow; network policies on both sides select it.
MLFLOW_CLIENT = {f"{ANNOTATION_PREFIX}/mlflow-client": "true"}
# Label of nodes: kind of their group (mlplatform.config.aws.NodeGroup).
NODE_GROUP_LABEL = f"{ANNOTATION_PREFIX}/node-group"


def labels(name: str | None = None) -> dict[str, str]:
    """Return the standard labels, with the application's name where there is one.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    """
    return {**MANAGED_BY, **({"app.kubernetes.io/name": name} if name else {})}


def object_meta(
    name: str,
    *,
    namespace: str | None = None,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
    extra_labels: dict[str, str] | None = None,
) -> kubernetes.meta.v1.ObjectMetaArgs:
    """Return the metadata of an object of the platform.

    Empty annotations are left out: the Kubernetes provider drops an empty map, so that an offline state with one would
    differ from its export.
    """
    return kubernetes.meta.v1.ObjectMetaArgs(
        name=name, namespace=namespace, labels={**labels(), **(extra_labels or {})}, annotations=annotations or None
    )
