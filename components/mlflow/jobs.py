"""Jobs beside the tracking server: preparing the database before a roll-out, removing what users deleted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.content_names import content_name
from components.mlflow import names, pods
from components.mlflow.command import AUTH_FOLDER, auth_environment, mlflow_environment
from components.mlflow.server import SCRIPTS_FOLDER, WAIT_SECONDS
from components.mlflow.stores import store_environment

if TYPE_CHECKING:
    from components.mlflow.plan import ServerPlan

Manifest = dict[str, Any]

_USERS = "/etc/mlflow/users"
_KEYS = "/etc/mlflow/keys"
_REQUESTS = {"cpu": "100m", "memory": "512Mi"}
_MEMORY_LIMIT = "1Gi"
# Migrations of large databases take their time.
PREPARE_SECONDS = 3600
_COLLECT_SECONDS = 4 * 3600
# A job that failed is made anew by the next `pulumi up`; Pulumi cannot see that its pods were at fault.
REPLACE_FAILED = {"pulumi.com/replaceUnready": "true"}


def prepare_job(plan: ServerPlan, users: tuple[str, ...]) -> Manifest:
    """Return the Job that migrates the database, writes its users and encrypts anew with a rotated key.

    Its name holds a hash of all that it does: a new version of MLflow, or a rotated password, makes a new one, and the
    old one goes. There is no time-to-live: the Job is a resource of the stack, which a refresh would miss.

    Args:
        plan: how the server runs.
        users: Secrets with a username and a password, one for each user of basic auth.

    """
    labels = names.pod_labels(names.PREPARE)
    spec = {
        "backoffLimit": 4,
        "activeDeadlineSeconds": PREPARE_SECONDS,
        "template": {
            "metadata": {"labels": labels, "annotations": dict(plan.rotation)},
            "spec": _prepare_pod(plan, users),
        },
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": content_name(names.PREPARE, spec),
            "namespace": plan.namespace,
            "labels": labels,
            "annotations": dict(REPLACE_FAILED),
        },
        "spec": spec,
    }


def _prepare_pod(plan: ServerPlan, users: tuple[str, ...]) -> Manifest:
    auth = plan.auth_config is not None
    environment = [*mlflow_environment(), *plan.database.environment(), pods.plain("KEYS", _KEYS)]
    if auth:
        environment += [*auth_environment(), pods.plain("USERS", _USERS)]
    scripts = pods.read_only("scripts", SCRIPTS_FOLDER)
    return _pod(
        plan,
        [
            _container(
                plan,
                "wait-for-database",
                ["python", f"{SCRIPTS_FOLDER}/wait_for_database.py"],
                [*mlflow_environment(), pods.plain("WAIT_SECONDS", str(WAIT_SECONDS)), *plan.database.environment()],
                [scripts],
            ),
            _container(
                plan,
                "prepare-database",
                ["python", f"{SCRIPTS_FOLDER}/prepare_database.py"],
                environment,
                [
                    scripts,
                    pods.read_only("keys", _KEYS),
                    *([pods.read_only("auth", AUTH_FOLDER), pods.read_only("users", _USERS)] if auth else []),
                ],
            ),
        ],
        [
            pods.config_volume("scripts", plan.scripts),
            pods.secret_volume("keys", names.ENCRYPTION_SECRET),
            *([pods.config_volume("auth", plan.auth_config)] if plan.auth_config else []),
            *([_users_volume(users)] if auth else []),
        ],
    )


def collect_cron_job(plan: ServerPlan, tracking_uri: str) -> Manifest | None:
    """Return the CronJob that removes deleted runs, models and experiments with their artifacts, ``None`` without one.

    It works on the database itself. Proxied artifacts are reached through the server, as its admin.
    """
    settings = plan.settings.garbage_collection
    if settings is None:
        return None
    labels = names.pod_labels(names.COLLECT)
    environment = [
        *mlflow_environment(),
        *plan.database.environment(),
        *store_environment(plan.store),
        pods.plain("MLFLOW_TRACKING_URI", tracking_uri),
    ]
    if plan.auth_config:
        environment += [
            pods.from_secret("MLFLOW_TRACKING_USERNAME", names.ADMIN_SECRET, "username"),
            pods.from_secret("MLFLOW_TRACKING_PASSWORD", names.ADMIN_SECRET, "password"),
        ]
    container = _container(plan, "collect", collect_arguments(settings.older_than_days), environment, [])
    pod = _pod(plan, [container], [])
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": names.COLLECT, "namespace": plan.namespace, "labels": labels},
        "spec": {
            "schedule": settings.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": labels},
                "spec": {
                    "backoffLimit": 1,
                    "activeDeadlineSeconds": _COLLECT_SECONDS,
                    "template": {"metadata": {"labels": labels}, "spec": pod},
                },
            },
        },
    }


def collect_arguments(older_than_days: int) -> list[str]:
    """Return the command line of the garbage collection; the URI holds no secret."""
    return ["mlflow", "gc", "--older-than", f"{older_than_days}d", "--backend-store-uri", "$(MLFLOW_BACKEND_STORE_URI)"]


def _pod(plan: ServerPlan, containers: list[Manifest], volumes: list[Manifest]) -> Manifest:
    *first, last = containers
    return {
        "restartPolicy": "Never",
        "serviceAccountName": names.SERVER,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(pods.MLFLOW_USER),
        **({"initContainers": first} if first else {}),
        "containers": [last],
        "volumes": [pods.scratch_volume(plan.settings.scratch), *volumes, *plan.database.volumes()],
    }


def _container(
    plan: ServerPlan, name: str, arguments: list[str], environment: list[Manifest], mounts: list[Manifest]
) -> Manifest:
    return {
        "name": name,
        "image": plan.image,
        "command": arguments[:1],
        "args": arguments[1:],
        "env": environment,
        "resources": pods.resources(_REQUESTS, _MEMORY_LIMIT),
        "securityContext": pods.container_security(),
        "volumeMounts": [pods.scratch_mount(), *mounts, *plan.database.mounts()],
    }


def _users_volume(secrets: tuple[str, ...]) -> Manifest:
    """Return one folder for each user, out of the Secrets."""
    sources = [
        {
            "secret": {
                "name": secret,
                "items": [{"key": key, "path": f"{secret}/{key}"} for key in ("username", "password")],
            }
        }
        for secret in secrets
    ]
    return {"name": "users", "projected": {"sources": sources, "defaultMode": 0o440}}
