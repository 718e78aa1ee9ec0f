"""Which resources are objects of the Kubernetes API, and which of these hold secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.state.urn import is_provider, package_of

if TYPE_CHECKING:
    from mlplatform.review.state.resources import ResourceState

HELM_RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET_TYPES = frozenset({"kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch"})


def is_kubernetes_object(resource: ResourceState) -> bool:
    """Whether the resource is one object of the Kubernetes API: no component, provider or Helm release."""
    return (
        resource.custom
        and not is_provider(resource.type)
        and package_of(resource.type) == "kubernetes"
        and resource.type != HELM_RELEASE
    )
