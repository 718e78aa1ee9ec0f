"""The objects beside the tracking server's pods: Service, budget, autoscaler, rights. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.mlflow import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from mlplatform.config.mlflow import MlflowSection

Manifest = dict[str, Any]

_TARGET_CPU_PERCENT = 75


def _meta(settings: MlflowSection, **more: Any) -> Manifest:
    return {"name": names.SERVER, "namespace": settings.namespace, "labels": names.pod_labels(names.SERVER), **more}


def service(settings: MlflowSection, load_balancer: Mapping[str, str]) -> Manifest:
    """Return the Service. Its port is the pods' own: network policies and Host headers then name only one.

    Args:
        settings: MLflow's settings, whose own annotations win.
        load_balancer: annotations that say which load balancer it gets, where it has one.

    """
    balanced = settings.service_type == "LoadBalancer"
    annotations = {**(load_balancer if balanced else {}), **settings.service_annotations}
    more = {"annotations": annotations} if annotations else {}
    limited = {
        # Pods see the client's own address only on this path, and the network policy judges by that.
        "externalTrafficPolicy": "Local",
        "loadBalancerSourceRanges": list(settings.load_balancer_source_ranges),
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(settings, **more),
        "spec": {
            "type": settings.service_type,
            **(limited if balanced else {}),
            "selector": names.selector(names.SERVER),
            "ports": [
                {"name": names.HTTP, "port": names.SERVER_PORT, "targetPort": names.HTTP, "protocol": "TCP"},
            ],
        },
    }


def metrics_service(settings: MlflowSection) -> Manifest:
    """Return the Service that the ServiceMonitor selects; metrics stay off the one that clients use."""
    ports = [{"name": names.METRICS, "port": names.METRICS_PORT, "targetPort": names.METRICS, "protocol": "TCP"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": names.SERVER_METRICS,
            "namespace": settings.namespace,
            "labels": names.pod_labels(names.SERVER_METRICS),
        },
        "spec": {"clusterIP": "None", "selector": names.selector(names.SERVER), "ports": ports},
    }


def disruption_budget(settings: MlflowSection) -> Manifest:
    """Return the PodDisruptionBudget: one pod at a time, which also lets the only one be moved."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(settings),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": names.selector(names.SERVER)}},
    }


def autoscaler(settings: MlflowSection) -> Manifest | None:
    """Return the HorizontalPodAutoscaler, ``None`` without one."""
    if settings.max_replicas is None:
        return None
    target = {"type": "Utilization", "averageUtilization": _TARGET_CPU_PERCENT}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(settings),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": names.SERVER},
            "minReplicas": settings.replicas,
            "maxReplicas": settings.max_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            # A pod takes a minute to start; do not let a short burst make one and take it away again.
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }


def service_account(settings: MlflowSection, annotations: Mapping[str, pulumi.Input[str]]) -> Manifest:
    """Return the service account of the server and its jobs; no pod mounts its token."""
    more = {"annotations": dict(annotations)} if annotations else {}
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _meta(settings, **more),
        "automountServiceAccountToken": False,
    }


def role(settings: MlflowSection, config_maps: tuple[str, ...]) -> Manifest:
    """Return the only right of the account: to read the ConfigMaps that its pods mount anyway, each by its name.

    MLflow asks Kubernetes for nothing, and no pod mounts the account's token. It may read no Secret, not even the pods'
    own: the kubelet hands those over, and only the keys that a pod names, while a right would be to all of a Secret
    (that of the database's CA holds its private key, that of the encryption keys every one there was).
    Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _meta(settings),
        "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": sorted(config_maps), "verbs": ["get"]}
        ],
    }


def role_binding(settings: MlflowSection) -> Manifest:
    """Return the binding of that role."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": _meta(settings),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": names.SERVER},
        "subjects": [{"kind": "ServiceAccount", "name": names.SERVER, "namespace": settings.namespace}],
    }
