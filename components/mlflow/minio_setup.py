"""The users of MinIO, and the job that creates them, their policies and buckets. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.kubernetes.content_names import content_name
from components.kubernetes.object_stores import ACCESS_KEY_NAMES
from components.mlflow import names, pods
from components.mlflow.jobs import REPLACE_FAILED
from components.mlflow.minio_manifests import ROOT_SECRET, USER, endpoint, metadata
from components.s3_policies import bucket_policy

if TYPE_CHECKING:
    from components.s3_policies import Rights
    from mlplatform.config.mlflow import ArtifactsSection

Manifest = dict[str, Any]

_SCRIPTS = "/etc/minio/scripts"
_POLICIES = "/etc/minio/policies"
_CLIENTS = "/etc/minio/clients"
_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
_MEMORY = "256Mi"
_SECONDS = 1800
MLFLOW, MODEL_READER, TRAINING, RELEASER, BACKUP = "mlflow", "model-reader", "training", "releaser", "backup"
SCRIPT = "setup_minio.sh"
# For stacks with releases; without them, nothing of the Job changes.
RELEASES_SCRIPT = "setup_releases.sh"


@dataclass(frozen=True, kw_only=True)
class Client:
    """A user of MinIO that may do with one bucket, or a prefix of it, what it has to do, and nothing else.

    Attributes:
        name: its name, which is also its access key id.
        bucket: the bucket.
        rights: ``read``; ``upload`` for reading and writing; ``release`` for going on with uploads that broke off,
            too; ``write`` for deleting, too.
        prefix: ``folder/`` that all its objects lie under; empty for the whole bucket.

    """

    name: str
    bucket: str
    rights: Rights
    prefix: str = ""

    @property
    def secret(self) -> str:
        """Name of the Secret with its keys."""
        return f"minio-{self.name}"

    @property
    def policy(self) -> dict[str, Any]:
        """Its policy document."""
        return bucket_policy(self.bucket, self.rights, self.prefix)


@dataclass(frozen=True, kw_only=True)
class Releases:
    """Releases of models in the stack's own MinIO.

    Attributes:
        bucket: their bucket, which nothing else lies in.
        prefix: ``folder/`` that they lie under; empty for the whole bucket.
        served: whether model servers read them (``locked``), or MLflow's artifacts (``live``).

    """

    bucket: str
    prefix: str
    served: bool


def store_clients(
    artifacts: ArtifactsSection, *, backup_bucket: str | None = None, releases: Releases | None = None
) -> tuple[Client, ...]:
    """Return the users of a stack's MinIO.

    Nobody deletes or may be asked to overwrite a release. That a write overwrites nothing is a condition
    (``If-None-Match``) that the releaser sends: MinIO's policies, unlike AWS's, cannot demand it.

    Args:
        artifacts: MLflow's bucket, and who writes to it.
        backup_bucket: bucket of the database's backups, ``None`` without.
        releases: the releases of models, ``None`` without.

    """
    clients = [
        Client(name=MLFLOW, bucket=artifacts.bucket, rights="write"),
        # Never both: what is served was released, or is what the registry says now.
        Client(name=MODEL_READER, bucket=releases.bucket, rights="read", prefix=releases.prefix)
        if releases and releases.served
        else Client(name=MODEL_READER, bucket=artifacts.bucket, rights="read"),
    ]
    if artifacts.access == "direct":
        clients.append(Client(name=TRAINING, bucket=artifacts.bucket, rights="upload"))
    if releases:
        clients.append(Client(name=RELEASER, bucket=releases.bucket, rights="release", prefix=releases.prefix))
    if backup_bucket:
        clients.append(Client(name=BACKUP, bucket=backup_bucket, rights="write"))
    return tuple(clients)


def policy_documents(clients: tuple[Client, ...]) -> dict[str, str]:
    """Return the files of the job's ConfigMap: one policy for each client."""
    return {f"{client.name}.json": json.dumps(client.policy, indent=2) + "\n" for client in clients}


def setup_job(  # noqa: PLR0913 - each names one thing that the job is made of
    namespace: str,
    image: str,
    clients: tuple[Client, ...],
    *,
    scripts: str,
    policies: str,
    rotation: dict[str, str],
    releases: Releases | None = None,
) -> Manifest:
    """Return the Job that creates buckets, policies and users. It may run again; a change makes a new one.

    Args:
        namespace: its namespace.
        image: image with ``mc`` and a shell, where it is pulled from.
        clients: the users.
        scripts: ConfigMap with the scripts.
        policies: ConfigMap with the policies, named after their content.
        rotation: annotations that change with a rotated key.
        releases: the releases of models, whose bucket keeps versions; ``None`` without.

    """
    labels = names.pod_labels(names.MINIO_SETUP)
    spec = {
        "backoffLimit": 4,
        "activeDeadlineSeconds": _SECONDS,
        "template": {
            "metadata": {"labels": labels, "annotations": dict(rotation)},
            "spec": {
                "restartPolicy": "Never",
                "serviceAccountName": names.MINIO,
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "securityContext": pods.pod_security(USER),
                "containers": [_setup_container(namespace, image, clients, releases)],
                "volumes": [
                    pods.scratch_volume("64Mi"),
                    pods.config_volume("scripts", scripts),
                    pods.config_volume("policies", policies),
                    _client_keys(clients),
                ],
            },
        },
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **metadata(content_name(names.MINIO_SETUP, spec), namespace, names.MINIO_SETUP),
            "annotations": dict(REPLACE_FAILED),
        },
        "spec": spec,
    }


def _setup_container(namespace: str, image: str, clients: tuple[Client, ...], releases: Releases | None) -> Manifest:
    buckets = dict.fromkeys(client.bucket for client in clients)
    return {
        "name": names.MINIO_SETUP,
        "image": image,
        "command": ["sh"],
        "args": [f"{_SCRIPTS}/{RELEASES_SCRIPT if releases else SCRIPT}"],
        "env": [
            pods.plain("HOME", pods.SCRATCH),
            pods.plain("MINIO_ADDRESS", endpoint(namespace).removeprefix("http://")),
            pods.plain("BUCKETS", " ".join(buckets)),
            *([pods.plain("VERSIONED_BUCKETS", releases.bucket)] if releases else []),
            pods.from_secret("MINIO_ROOT_USER", ROOT_SECRET, "username"),
            pods.from_secret("MINIO_ROOT_PASSWORD", ROOT_SECRET, "password"),
        ],
        "resources": pods.resources(_REQUESTS, _MEMORY),
        "securityContext": pods.container_security(),
        "volumeMounts": [
            pods.scratch_mount(),
            pods.read_only("scripts", _SCRIPTS),
            pods.read_only("policies", _POLICIES),
            pods.read_only("clients", _CLIENTS),
        ],
    }


def _client_keys(clients: tuple[Client, ...]) -> Manifest:
    sources = [
        {
            "secret": {
                "name": client.secret,
                "items": [{"key": key, "path": f"{client.name}/{key}"} for key in ACCESS_KEY_NAMES],
            }
        }
        for client in clients
    ]
    return {"name": "clients", "projected": {"sources": sources, "defaultMode": 0o440}}
