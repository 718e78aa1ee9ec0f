"""The users of MinIO, and the job that creates them, their policies and buckets. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.mlflow import names, pods
from components.mlflow.jobs import REPLACE_FAILED
from components.mlflow.minio_manifests import ROOT_SECRET, USER, endpoint, metadata
from components.mlflow.s3_policies import bucket_policy

if TYPE_CHECKING:
    from components.mlflow.s3_policies import Rights

Manifest = dict[str, Any]

_SCRIPTS = "/etc/minio/scripts"
_POLICIES = "/etc/minio/policies"
_CLIENTS = "/etc/minio/clients"
_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
_MEMORY = "256Mi"
_SECONDS = 1800


@dataclass(frozen=True, kw_only=True)
class Client:
    """A user of MinIO that may do with one bucket, or a prefix of it, what it has to do, and nothing else.

    Attributes:
        name: its name, which is also its access key id.
        bucket: the bucket.
        rights: ``read``; ``upload`` for reading and writing; ``write`` for deleting, too.
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
) -> Manifest:
    """Return the Job that creates buckets, policies and users. It may run again; a change makes a new one.

    Args:
        namespace: its namespace.
        image: image with ``mc`` and a shell, where it is pulled from.
        clients: the users.
        scripts: ConfigMap with the script.
        policies: ConfigMap with the policies, named after their content.
        rotation: annotations that change with a rotated key.

    """
    buckets = dict.fromkeys(client.bucket for client in clients)
    container = {
        "name": names.MINIO_SETUP,
        "image": image,
        "command": ["sh"],
        "args": [f"{_SCRIPTS}/setup_minio.sh"],
        "env": [
            pods.plain("HOME", pods.SCRATCH),
            pods.plain("MINIO_ADDRESS", endpoint(namespace).removeprefix("http://")),
            pods.plain("BUCKETS", " ".join(buckets)),
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
                "containers": [container],
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
            **metadata(names.content_name(names.MINIO_SETUP, spec), namespace, names.MINIO_SETUP),
            "annotations": dict(REPLACE_FAILED),
        },
        "spec": spec,
    }


def _client_keys(clients: tuple[Client, ...]) -> Manifest:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    sources = [
        {
            "secret": {
                "name": client.secret,
                "items": [{"key": key, "path": f"{client.name}/{key}"} for key in keys],
            }
        }
        for client in clients
    ]
    return {"name": "clients", "projected": {"sources": sources, "defaultMode": 0o440}}
