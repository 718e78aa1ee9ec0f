"""Labels and annotations that every object of the platform shares."""

from __future__ import annotations

# Only immutable facts may stand in annotations: KServe copies them to its revisions, so a changed one restarts pods.
ANNOTATION_PREFIX = "mlplatform.dev"
MANAGED_BY = {"app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "mlplatform"}


def labels(name: str | None = None) -> dict[str, str]:
    """Return the standard labels, with the application's name where there is one.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    """
    return {**MANAGED_BY, **({"app.kubernetes.io/name": name} if name else {})}


def annotated(annotations: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the metadata field of some annotations, no field for none.

    The Kubernetes provider drops an empty map, so that an offline state with one would differ from its export.
    """
    return {"annotations": annotations} if annotations else {}
