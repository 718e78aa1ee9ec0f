"""Creating Kubernetes objects: from manifests, namespaces, and the Secrets that no manifest may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import object_meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

# Of the pods of nodes themselves (CNI plugin, node exporter): the one namespace of a cluster that is privileged anyway.
NODE_NAMESPACE = "kube-system"
# Type of a Secret with the keys ``username`` and ``password``.
# https://kubernetes.io/docs/concepts/configuration/secret/#basic-authentication-secret
BASIC_AUTH: Final = "kubernetes.io/basic-auth"
# Any keys.
OPAQUE: Final = "Opaque"

# Kinds of the Kubernetes API itself; every other kind is a custom resource.
_KINDS: dict[tuple[str, str], type[pulumi.CustomResource]] = {
    ("v1", "ConfigMap"): kubernetes.core.v1.ConfigMap,
    ("v1", "LimitRange"): kubernetes.core.v1.LimitRange,
    ("v1", "ResourceQuota"): kubernetes.core.v1.ResourceQuota,
    ("v1", "Service"): kubernetes.core.v1.Service,
    ("v1", "ServiceAccount"): kubernetes.core.v1.ServiceAccount,
    ("apps/v1", "Deployment"): kubernetes.apps.v1.Deployment,
    ("apps/v1", "StatefulSet"): kubernetes.apps.v1.StatefulSet,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): kubernetes.autoscaling.v2.HorizontalPodAutoscaler,
    ("batch/v1", "CronJob"): kubernetes.batch.v1.CronJob,
    ("batch/v1", "Job"): kubernetes.batch.v1.Job,
    ("networking.k8s.io/v1", "Ingress"): kubernetes.networking.v1.Ingress,
    ("networking.k8s.io/v1", "NetworkPolicy"): kubernetes.networking.v1.NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): kubernetes.policy.v1.PodDisruptionBudget,
    ("rbac.authorization.k8s.io/v1", "Role"): kubernetes.rbac.v1.Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): kubernetes.rbac.v1.RoleBinding,
}
# Top-level fields of those kinds whose name is another one in Python.
_ARGUMENTS = {"automountServiceAccountToken": "automount_service_account_token", "roleRef": "role_ref"}


def create_object(name: str, manifest: Mapping[str, Any], *, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Create the object of a manifest; the CRD of a custom resource must be there by then.

    Args:
        name: name of the resource.
        manifest: the object, with names and fields as in YAML.
        opts: options of the resource.

    """
    version, kind = manifest["apiVersion"], manifest["kind"]
    fields = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    resource = _KINDS.get((version, kind))
    if resource is None:
        return kubernetes.apiextensions.CustomResource(name, api_version=version, kind=kind, opts=opts, **fields)
    return resource(name, opts=opts, **{_ARGUMENTS.get(key, key): value for key, value in fields.items()})


def create_secret(
    name: str,
    metadata: kubernetes.meta.v1.ObjectMetaArgs,
    content: Mapping[str, pulumi.Input[str]],
    *,
    secret_type: str | None = None,
    opts: pulumi.ResourceOptions,
) -> kubernetes.core.v1.Secret:
    """Create a Secret.

    Args:
        name: name of the resource.
        metadata: its name, namespace and the rest.
        content: key -> value, as plain text.
        secret_type: its type; ``None`` leaves the field out, which Kubernetes takes for ``Opaque``.
        opts: options of the resource.

    """
    return kubernetes.core.v1.Secret(name, metadata=metadata, type=secret_type, string_data=dict(content), opts=opts)


def pod_security(level: Literal["baseline", "restricted"] = "restricted") -> dict[str, str]:
    """Return the Pod Security labels of a namespace: what is enforced, and breaches of ``restricted`` reported.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
    """
    return {
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }


def create_namespace(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    resource: str | None = None,
    extra_labels: Mapping[str, str] | None = None,
) -> kubernetes.core.v1.Namespace:
    """Create a namespace that enforces Pod Security ``restricted``, unless its labels say another level.

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
