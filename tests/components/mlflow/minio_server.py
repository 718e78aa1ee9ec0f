"""A real MinIO, set up by the stack's own Job, and clients of it; ``minio`` and ``mc`` have to be on PATH."""

import shutil

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from components.mlflow.minio_manifests import stateful_set
from components.mlflow.minio_setup import (
    RELEASES_SCRIPT,
    SCRIPT,
    Releases,
    policy_documents,
    setup_job,
    store_clients,
)
from components.mlflow.scripts import script
from mlplatform.config.mlflow import ArtifactsSection
from tests.components.mlflow.kubelet import Kubelet
from tests.servers import free_port

ARTIFACTS = ArtifactsSection.model_validate({"bucket": "artifacts", "access": "direct"})
CLIENTS = store_clients(ARTIFACTS, backup_bucket="backups")
LIVE, LOCKED = (Releases(bucket="releases", prefix="prod/", served=served) for served in (False, True))
NEEDS_MINIO = pytest.mark.skipif(
    not (shutil.which("minio") and shutil.which("mc")), reason="no MinIO on PATH (minio and mc)"
)


class Store:
    """A real MinIO, with the manifests' own command line, and clients of it."""

    def __init__(self, folder, settings, releases=None):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.releases = releases
        self.keys = {client.name: f"{client.name}-secret-key-0123456789" for client in self.clients}
        self.settings = settings().artifacts.minio

    @property
    def clients(self):
        return store_clients(ARTIFACTS, backup_bucket="backups", releases=self.releases)

    @property
    def kubelet(self):
        secrets = {
            "minio-root": {"username": "root", "password": "root-password-0123456789"},
            **{
                client.secret: {"AWS_ACCESS_KEY_ID": client.name, "AWS_SECRET_ACCESS_KEY": self.keys[client.name]}
                for client in self.clients
            },
        }
        scripts = {name: script(name) for name in (SCRIPT, RELEASES_SCRIPT)}
        config_maps = {"s-1": scripts, "p-1": policy_documents(self.clients)}
        replaced = {
            "minio.mlflow.svc:9000": f"127.0.0.1:{self.port}",
            ":9000": f"127.0.0.1:{self.port}",
            ":9001": f"127.0.0.1:{free_port()}",
        }
        return Kubelet(self.folder, secrets=secrets, config_maps=config_maps, replaced=replaced)

    def serve(self):
        pod = stateful_set(self.settings, "mlflow", "minio:v1", {})["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        pod = {**pod, "volumes": [*pod["volumes"], {"name": "data", "emptyDir": {}}]}
        args = [str(self.folder / "data") if part == "/data" else part for part in container["args"]]
        return self.kubelet.serve(pod, {**container, "args": args}, self.url)

    def set_up(self):
        job = setup_job(
            "mlflow", "mc:v1", self.clients, scripts="s-1", policies="p-1", rotation={}, releases=self.releases
        )
        pod = job["spec"]["template"]["spec"]
        done = self.kubelet.run(pod, pod["containers"][0], FILES=str(self.folder / "etc/minio"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert not any(key in done.stdout + done.stderr for key in self.keys.values())

    def client(self, name, key=None):
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=name,
            aws_secret_access_key=key or self.keys[name],
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}),
        )


def refused(request, code="AccessDenied"):
    with pytest.raises(ClientError) as caught:
        request()
    return caught.value.response["Error"]["Code"] == code
