"""The environment of a training script. Pure functions.

``examples/training/train.py`` reads exactly these variables; a test runs it with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.kubernetes.object_stores import ACCESS_KEY_NAMES

if TYPE_CHECKING:
    import pulumi

    from components.kubernetes.object_stores import ObjectStore, StoreKeys
    from mlplatform.config.training import Training

# The only place that a training script may write to.
SCRATCH = "/tmp"  # noqa: S108 - an emptyDir of the pod, not a shared directory
# Kubernetes sets it on the pods of a Job: one name for all tries of one run.
JOB_LABEL = "batch.kubernetes.io/job-name"


@dataclass(frozen=True, kw_only=True)
class MlflowUser:
    """A user of MLflow's basic auth that training jobs log in as.

    Attributes:
        username: its name.
        password: a secret Output.

    """

    username: str
    password: pulumi.Input[str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class MlflowAccess:
    """Where training jobs log and register.

    Attributes:
        tracking_uri: URL of the tracking server, as pods see it.
        registry_uri: URL of the model registry where it is another one.
        user: who jobs log in as that name no ``credentialsSecret``; ``None`` without basic auth or where none is known.
        artifact_store: the store that jobs write artifacts to, with the keys of those that name no ``storeSecret``;
            ``None`` where the tracking server writes them.

    """

    tracking_uri: str
    registry_uri: str | None = None
    user: MlflowUser | None = None
    artifact_store: ObjectStore | None = None

    @property
    def store_keys(self) -> StoreKeys | None:
        """The keys that the stack itself gives to jobs for the artifact store, ``None`` where it has none."""
        return self.artifact_store.keys if self.artifact_store else None


def own_secret(training: Training, access: MlflowAccess) -> dict[str, pulumi.Input[str]]:
    """Return the content of the Secret that the stack makes for a job, empty where the job names Secrets itself."""
    content: dict[str, pulumi.Input[str]] = {}
    if access.user and not training.credentials_secret:
        content |= {"username": access.user.username, "password": access.user.password}
    if access.store_keys and not training.store_secret:
        content |= access.store_keys.content()
    return content


def own_secret_name(training: Training) -> str:
    """Return the name of that Secret."""
    return f"{training.name}-mlflow"


def environment(training: Training, access: MlflowAccess) -> list[dict[str, Any]]:
    """Return the ``env`` of the training container, the stack's variables before the job's own.

    ``MLFLOW_*`` are MLflow's own variables; ``REGISTERED_MODEL_NAME`` names the model to register and ``TRAINING_JOB``
    the run, so that a second try of the same run can see what the first one registered.
    """
    plain = {
        "MLFLOW_TRACKING_URI": access.tracking_uri,
        "MLFLOW_REGISTRY_URI": access.registry_uri,
        "MLFLOW_EXPERIMENT_NAME": training.experiment or training.name,
        "MLFLOW_S3_ENDPOINT_URL": access.artifact_store.endpoint if access.artifact_store else None,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "REGISTERED_MODEL_NAME": training.registered_model,
        # The root file system is read-only; libraries keep caches in the home directory.
        "HOME": SCRATCH,
    }
    stack_secret = own_secret_name(training)
    user = training.credentials_secret or (stack_secret if access.user else None)
    store = training.store_secret or (stack_secret if access.store_keys else None)
    secrets = {
        "MLFLOW_TRACKING_USERNAME": (user, "username"),
        "MLFLOW_TRACKING_PASSWORD": (user, "password"),
        **{name: (store, name) for name in ACCESS_KEY_NAMES},
    }
    return [
        *({"name": name, "value": value} for name, value in plain.items() if value),
        {"name": "TRAINING_JOB", "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{JOB_LABEL}']"}}},
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, (secret, key) in secrets.items()
            if secret
        ),
        *({"name": name, "value": value} for name, value in sorted(training.env.items())),
    ]
