"""Inputs that cannot change in place, of Kubernetes objects and of generated values.

Facts of pulumi-kubernetes 4.34, ``provider/pkg/provider/diff.go`` (``forceNew``). Beside these, a changed name or
namespace replaces every object.
"""

from __future__ import annotations

_SPEC_OF_POD = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
]
_CONTAINER_OF_POD = [
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
]
_SOURCES_OF_VOLUME = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]
# pulumi-random 4.21: all that a value is made from makes a new one (terraform-provider-random, RequiresReplace).
RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type token
RANDOM_INPUTS = (
    "keepers",
    "length",
    "lower",
    "minLower",
    "minNumeric",
    "minSpecial",
    "minUpper",
    "overrideSpecial",
    "special",
    "upper",
)
_SELECTOR = ("spec.selector",)
_STATEFUL_SET = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_JOB = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
_ROLE = ("roleRef",)
# Type token without "kubernetes:" -> paths; each includes everything below it.
FORCE_NEW: dict[str, tuple[str, ...]] = {
    "apps/v1:DaemonSet": _SELECTOR,
    "apps/v1:Deployment": _SELECTOR,
    "apps/v1:StatefulSet": _STATEFUL_SET,
    "apps/v1beta2:DaemonSet": _SELECTOR,
    "apps/v1beta2:Deployment": _SELECTOR,
    "apps/v1beta2:StatefulSet": _STATEFUL_SET,
    "apps/v1beta1:StatefulSet": _STATEFUL_SET,
    "batch/v1:Job": _JOB,
    "batch/v1beta1:Job": _JOB,
    "batch/v2alpha1:Job": _JOB,
    "core/v1:PersistentVolume": tuple(f"spec.{name}" for name in _SOURCES_OF_VOLUME),
    "core/v1:PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "core/v1:Pod": (
        *(f"spec.{name}" for name in _SPEC_OF_POD),
        *(f"spec.{group}[*].{name}" for group in ("containers", "initContainers") for name in _CONTAINER_OF_POD),
    ),
    "core/v1:ResourceQuota": ("spec.scopes",),
    "core/v1:Secret": ("type",),
    "core/v1:Service": ("spec.clusterIP",),
    "policy/v1beta1:PodDisruptionBudget": ("spec",),
    "rbac.authorization.k8s.io/v1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1:RoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1alpha1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1alpha1:RoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1beta1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1beta1:RoleBinding": _ROLE,
    "storage.k8s.io/v1:StorageClass": ("parameters", "provisioner"),
}
