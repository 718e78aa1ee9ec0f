"""S3 servers for tests of every room: processes, so that tests may kill them and measure their clients.

moto (see :mod:`tests.moto_s3`) runs everywhere; a real MinIO runs where a ``minio`` is on the PATH.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import boto3
import botocore.loaders
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.servers import free_port
from tests.services import service, wait

REGION = "eu-central-1"
ACCESS_KEY, SECRET_KEY = "release-writer", "never-in-any-message"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    # Nobody's own profile.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL")
_START_SECONDS = 60
# Every client would read the description of S3 anew, which takes longer than most requests of a test.
_LOADER = functools.lru_cache(botocore.loaders.create_loader)
# S3 and MinIO take no smaller parts than 5 MiB; moto, which lets us say, is tested with some that cost less.
SMALLEST_PART = 64 * 1024
_MOTO = {"S3_UPLOAD_PART_MIN_SIZE": str(SMALLEST_PART), "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(5 * 1024 * 1024)}


class ObjectStoreServer:
    """An S3 server that runs; every test takes a bucket of its own."""

    def __init__(self, endpoint, process=None):
        self.endpoint = endpoint
        self.process = process
        self._client = None

    def client(self):
        """Return a boto3 client that checks and adds nothing of its own: what a stranger would use."""
        if self._client is None:
            self._client = self._new_client()
        return self._client

    def _new_client(self):
        config = Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=config,
        )

    def bucket(self, *, versioned=False):
        """Create a bucket of a new name and return the name."""
        name = f"releases-{uuid.uuid4().hex}"
        client = self.client()
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def keys_of(self, bucket, prefix=""):
        """Return the keys below a prefix, sorted."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))


@contextlib.contextmanager
def moto_server():
    """Run moto's S3 server as a process; yield it."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with _running([sys.executable, "-m", "tests.moto_s3", str(port)], {**ENVIRONMENT, **_MOTO}) as process:
        wait_for(f"{endpoint}/moto-api/data.json", process)
        yield ObjectStoreServer(endpoint, process)


@contextlib.contextmanager
def minio_server(folder):
    """Run a real MinIO with its data in a folder; yield it. Skips the test where there is none."""
    program = shutil.which("minio")
    if program is None:
        pytest.skip("no minio on the PATH (go install github.com/minio/minio@latest)")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "MINIO_ROOT_USER": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD": SECRET_KEY,
        "MINIO_SITE_REGION": REGION,
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }
    with _running(
        [program, "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder)], environment
    ) as process:
        wait_for(f"{endpoint}/minio/health/ready", process)
        server = ObjectStoreServer(endpoint, process)
        # Ready, it says, and is not initialized for some moments more.
        client = server.client()
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up:
            with contextlib.suppress(ClientError):
                client.list_buckets()
                break
            time.sleep(0.1)
        yield server


@contextlib.contextmanager
def _running(command, environment):
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={**os.environ, **environment},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(url, process, seconds=_START_SECONDS):
    """Return once a server answers at an address; fail where its process ends instead."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        assert process.poll() is None, f"{process.args[0]} ended with {process.returncode}"
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=2).ok:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def use_credentials(monkeypatch, **changes):
    """Set the environment of a user of the test servers, and of nobody else; clients read what S3 is once."""
    monkeypatch.setattr("botocore.session.create_loader", _LOADER)
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**ENVIRONMENT, **changes}.items():
        monkeypatch.setenv(name, value)


@contextlib.contextmanager
def moto_service(folder):
    """Run moto's S3 server for all workers of a run."""
    assert folder
    with moto_server() as server:
        yield {"endpoint": server.endpoint}, wait


@pytest.fixture(scope="session")
def s3_process():
    """The run's S3 server; without credentials in the environment."""
    return ObjectStoreServer(service("s3")["endpoint"])


@pytest.fixture
def s3_server(s3_process, monkeypatch):
    """The run's S3 server (``.endpoint``, ``.client()``, ``.bucket()``), its credentials in the environment."""
    use_credentials(monkeypatch)
    return s3_process
