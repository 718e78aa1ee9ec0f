"""A training job as a ``Job`` or ``CronJob``. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from components.kubernetes.content_names import content_name
from components.kubernetes.metadata import MLFLOW_CLIENT, labels
from components.kubernetes.security import RESTRICTED_CONTAINER, RESTRICTED_POD
from components.training.environment import SCRATCH, MlflowAccess, environment
from mlplatform.config.instance_types import NVIDIA_GPU

if TYPE_CHECKING:
    from mlplatform.config.training import Training

# As the names of Jobs that have run were made: other separators would be other names, and train everything again.
_SEPARATORS = (", ", ": ")
# A run that could not start on time may still start this much later, in seconds; what is older is skipped. Without a
# deadline, Kubernetes gives up on a schedule for good after a hundred missed runs.
STARTING_DEADLINE = 3600

Mesh = Literal["sidecar", "ambient"] | None


def training_manifest(training: Training, access: MlflowAccess, mesh: Mesh) -> dict[str, Any]:
    """Return the ``CronJob`` of a job with a schedule, else its ``Job``.

    Args:
        training: what the stack asks for.
        access: where it logs and registers.
        mesh: data plane of the mesh that its namespace belongs to.

    """
    return _cron_job(training, access, mesh) if training.schedule else _job(training, access, mesh)


def _job(training: Training, access: MlflowAccess, mesh: Mesh) -> dict[str, Any]:
    """Return a ``Job`` that runs once for each content: a changed one is another Job, as its template cannot change.

    It has no ``ttlSecondsAfterFinished``: a Job that vanished would be created, and trained, again by the next update.
    """
    spec = _job_spec(training, access, mesh)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **_metadata(training, content_name(training.name, spec, separators=_SEPARATORS)),
            # Training may take hours; an update does not wait for it.
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        "spec": spec,
    }


def _cron_job(training: Training, access: MlflowAccess, mesh: Mesh) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(training, training.name),
        "spec": {
            "schedule": training.schedule,
            "timeZone": training.time_zone,
            "concurrencyPolicy": training.concurrency,
            "startingDeadlineSeconds": STARTING_DEADLINE,
            "successfulJobsHistoryLimit": training.successful_history,
            "failedJobsHistoryLimit": training.failed_history,
            "jobTemplate": {
                "metadata": {"labels": _labels(training)},
                "spec": _job_spec(training, access, mesh),
            },
        },
    }


def _job_spec(training: Training, access: MlflowAccess, mesh: Mesh) -> dict[str, Any]:
    return {
        "backoffLimit": training.retries,
        "activeDeadlineSeconds": training.deadline_seconds,
        # A drained node or an eviction is no failed try.
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]},
        "template": {
            "metadata": {
                "labels": {**_labels(training), **MLFLOW_CLIENT},
                # Istio 1.30 sees by itself that Kubernetes 1.33 and later know native sidecars. Were it wrong, a plain
                # sidecar would outlive the training and the Job would never end.
                **({"annotations": {"sidecar.istio.io/nativeSidecar": "true"}} if mesh == "sidecar" else {}),
            },
            "spec": _pod_spec(training, access),
        },
    }


def _pod_spec(training: Training, access: MlflowAccess) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "training",
        "image": training.image,
        "command": list(training.command),
        "args": list(training.args),
        "env": environment(training, access),
        "resources": {"requests": dict(training.requests), "limits": _limits(training)},
        "securityContext": {**RESTRICTED_CONTAINER, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "scratch", "mountPath": SCRATCH}],
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": training.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": RESTRICTED_POD,
        "containers": [{key: value for key, value in container.items() if value != []}],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": training.scratch}}],
    }
    if NVIDIA_GPU in training.limits:
        spec["tolerations"] = [{"key": NVIDIA_GPU, "operator": "Exists", "effect": "NoSchedule"}]
    return spec


def _limits(training: Training) -> dict[str, str]:
    """Return the limits; CPU that has none is held to its request, so that a job is as fast in every namespace.

    Left out, the limit would be the default of a team's LimitRange, which is for small containers.
    """
    request = training.requests.get("cpu")
    return {**({"cpu": request} if request else {}), **training.limits}


def _metadata(training: Training, name: str) -> dict[str, Any]:
    return {"name": name, "namespace": training.namespace, "labels": _labels(training)}


def _labels(training: Training) -> dict[str, str]:
    return {**labels(training.name), "app.kubernetes.io/component": "training"}
