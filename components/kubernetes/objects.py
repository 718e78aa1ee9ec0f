"""Objects that every component of the cluster makes: namespaces and custom resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import object_meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

# Of the pods of nodes themselves (CNI plugin, node exporter): the one namespace of a cluster that is privileged anyway.
NODE_NAMESPACE = "kube-system"


def pod_security(level: Literal["baseline", "restricted"] = "restricted") -> dict[str, str]:
    """Return the Pod Security labels of a namespace: what is enforced, and breaches of ``restricted`` reported.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
    """
    return {
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }


def namespace(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    resource: str | None = None,
    extra_labels: Mapping[str, str] | None = None,
) -> kubernetes.core.v1.Namespace:
    """Create a namespace that enforces Pod Security ``restricted``.

    Args:
        name: name of the namespace.
        opts: options of the resource.
        resource: name of the resource, the namespace's own by default.
        extra_labels: further labels, for example those of the mesh.

    """
    return kubernetes.core.v1.Namespace(
        resource or name,
        metadata=object_meta(name, extra_labels={**pod_security(), **(extra_labels or {})}),
        opts=opts,
    )


def custom_resource(
    name: str, manifest: Mapping[str, Any], *, opts: pulumi.ResourceOptions
) -> kubernetes.apiextensions.CustomResource:
    """Create a custom resource from its manifest; its CRD must be there by then."""
    return kubernetes.apiextensions.CustomResource(
        name,
        api_version=manifest["apiVersion"],
        kind=manifest["kind"],
        metadata=manifest["metadata"],
        spec=manifest["spec"],
        opts=opts,
    )
