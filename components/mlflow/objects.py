"""Resources from manifests, and the Secrets that no manifest may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import object_meta

if TYPE_CHECKING:
    from collections.abc import Mapping

# Kinds of the Kubernetes API itself; every other kind is a custom resource.
_KINDS: dict[tuple[str, str], type[pulumi.CustomResource]] = {
    ("v1", "ConfigMap"): kubernetes.core.v1.ConfigMap,
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


def create(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Create the object of a manifest.

    Args:
        name: name of the resource.
        manifest: the object, with names and fields as in YAML.
        opts: options of the resource.

    """
    kind = _KINDS.get((manifest["apiVersion"], manifest["kind"]))
    rest = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    if kind is None:
        return kubernetes.apiextensions.CustomResource(
            name, api_version=manifest["apiVersion"], kind=manifest["kind"], opts=opts, **rest
        )
    return kind(name, opts=opts, **{_SNAKE.get(key, key): value for key, value in rest.items()})


_SNAKE = {"automountServiceAccountToken": "automount_service_account_token", "roleRef": "role_ref"}


def login_secret(  # noqa: PLR0913 - each is one part of the object
    name: str,
    secret: str,
    *,
    namespace: str,
    username: str,
    password: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    extra_labels: dict[str, str] | None = None,
) -> kubernetes.core.v1.Secret:
    """Create a Secret with a user name and a password, of Kubernetes's own type for that."""
    return kubernetes.core.v1.Secret(
        name,
        metadata=object_meta(secret, namespace=namespace, extra_labels=extra_labels),
        type="kubernetes.io/basic-auth",
        string_data={"username": username, "password": password},
        opts=opts,
    )


def keys_secret(
    name: str,
    secret: str,
    *,
    namespace: str,
    keys: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> kubernetes.core.v1.Secret:
    """Create a Secret with keys of any name."""
    return kubernetes.core.v1.Secret(
        name,
        metadata=object_meta(secret, namespace=namespace),
        type="Opaque",
        string_data=dict(keys),
        opts=opts,
    )


def stateful(parent: pulumi.Resource, *, production: bool, depends_on: list[pulumi.Resource]) -> pulumi.ResourceOptions:
    """Return the options of what holds data: in production protected, and kept when it leaves the stack."""
    return pulumi.ResourceOptions(
        parent=parent,
        depends_on=depends_on,
        protect=True if production else None,
        retain_on_delete=True if production else None,
    )
