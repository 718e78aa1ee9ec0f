"""Parts of pods that all of MLflow's workloads share: hardened, with scratch space, secrets by reference only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.security import RESTRICTED_CONTAINER, RESTRICTED_POD

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

Manifest = dict[str, Any]

# The official image runs as root unless told otherwise; any other user will do, it owns no file.
MLFLOW_USER: Final = 10001
SCRATCH: Final = "/tmp"  # noqa: S108 - an emptyDir of the pod's own
_SCRATCH_VOLUME = "scratch"


def pod_security(user: int) -> Manifest:
    """Return the pod's security context; volumes belong to the user's group."""
    return {
        **RESTRICTED_POD,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
    }


def container_security() -> Manifest:
    """Return the container's security context, with a read-only root file system."""
    return {**RESTRICTED_CONTAINER, "readOnlyRootFilesystem": True}


def resources(requests: Mapping[str, str], memory_limit: str) -> Manifest:
    """Return requests and the memory limit. CPU has no limit: it would keep a pod from using an idle core."""
    return {"requests": dict(requests), "limits": {"memory": memory_limit}}


def plain(name: str, value: pulumi.Input[str]) -> Manifest:
    """Return an environment variable that is no secret, and may not be known yet."""
    return {"name": name, "value": value}


def from_secret(name: str, secret: str, key: str) -> Manifest:
    """Return an environment variable out of a Secret."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def scratch_volume(size: str) -> Manifest:
    """Return the only place that a pod can write to."""
    return {"name": _SCRATCH_VOLUME, "emptyDir": {"sizeLimit": size}}


def scratch_mount() -> Manifest:
    """Return where it is mounted."""
    return {"name": _SCRATCH_VOLUME, "mountPath": SCRATCH}


def secret_volume(name: str, secret: str) -> Manifest:
    """Return a Secret as files, readable by the pod's group."""
    return {"name": name, "secret": {"secretName": secret, "defaultMode": 0o440}}


def config_volume(name: str, config_map: str) -> Manifest:
    """Return a ConfigMap as files."""
    return {"name": name, "configMap": {"name": config_map, "defaultMode": 0o444}}


def read_only(name: str, path: str) -> Manifest:
    """Return a mount that cannot be written to."""
    return {"name": name, "mountPath": path, "readOnly": True}
