"""Knative's feature flags, derived from the pods that are to run. Pure functions.

Knative refuses most of a pod's fields until a flag of ``config-features`` allows them. KServe hands a predictor's pod
on to Knative as it is; what its webhook adds to the pod later (storage initializer, agent, volumes of a claim) never
passes Knative's checks and needs no flag.

Source: https://knative.dev/docs/serving/configuration/feature-flags/ and the example in ``config-features`` of 1.23.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ENABLED = "enabled"
_POD_FIELDS = {
    "affinity": "kubernetes.podspec-affinity",
    "topologySpreadConstraints": "kubernetes.podspec-topologyspreadconstraints",
    "hostAliases": "kubernetes.podspec-hostaliases",
    "nodeSelector": "kubernetes.podspec-nodeselector",
    "tolerations": "kubernetes.podspec-tolerations",
    "runtimeClassName": "kubernetes.podspec-runtimeclassname",
    "dnsPolicy": "kubernetes.podspec-dnspolicy",
    "dnsConfig": "kubernetes.podspec-dnsconfig",
    "securityContext": "kubernetes.podspec-securitycontext",
    "shareProcessNamespace": "kubernetes.podspec-shareprocessnamespace",
    "priorityClassName": "kubernetes.podspec-priorityclassname",
    "schedulerName": "kubernetes.podspec-schedulername",
    "initContainers": "kubernetes.podspec-init-containers",
}
# Volumes that need no flag (configMap, secret, projected, emptyDir) are left out. Host paths, and the host's
# namespaces, have one too, but Pod Security refuses them.
_VOLUMES = {
    "image": "kubernetes.podspec-volumes-image",
    "ephemeral": "kubernetes.podspec-volumes-ephemeral",
    "csi": "kubernetes.podspec-volumes-csi",
    "persistentVolumeClaim": "kubernetes.podspec-persistent-volume-claim",
}
_WRITABLE_CLAIM = "kubernetes.podspec-persistent-volume-write"
_FIELD_REFERENCE = "kubernetes.podspec-fieldref"
_ADDED_CAPABILITIES = "kubernetes.containerspec-addcapabilities"
# A model of KServe stands where a container would.
_CONTAINERS = ("containers", "initContainers")


def knative_features(pods: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return ``config-features`` with exactly the flags that some pods need, sorted.

    Args:
        pods: pod specs, or components of an InferenceService, which are pod specs with a ``model``.

    """
    return dict.fromkeys(sorted({flag for pod in pods for flag in _flags(pod)}), _ENABLED)


def _flags(pod: Mapping[str, Any]) -> Iterator[str]:
    yield from (flag for field, flag in _POD_FIELDS.items() if pod.get(field))
    for volume in pod.get("volumes", ()):
        yield from (flag for kind, flag in _VOLUMES.items() if kind in volume)
        claim = volume.get("persistentVolumeClaim")
        if claim is not None and not claim.get("readOnly"):
            yield _WRITABLE_CLAIM
    containers = [container for key in _CONTAINERS for container in pod.get(key, ())]
    for container in [*containers, *([pod["model"]] if pod.get("model") else ())]:
        if any(_is_field_reference(variable) for variable in container.get("env", ())):
            yield _FIELD_REFERENCE
        if ((container.get("securityContext") or {}).get("capabilities") or {}).get("add"):
            yield _ADDED_CAPABILITIES


def _is_field_reference(variable: Mapping[str, Any]) -> bool:
    source = variable.get("valueFrom") or {}
    return "fieldRef" in source or "resourceFieldRef" in source
