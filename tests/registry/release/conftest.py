"""Releases of a few files, in moto everywhere and in a real MinIO where there is one."""

import os
import shutil

import pytest

from mlplatform.config.models import ReleaseStoreSection
from mlplatform.registry.digest import artifact_digest, digest_stream
from mlplatform.registry.release import open_release_store, parts, release_uri
from tests.object_stores import minio_server, use_credentials
from tests.store_proxy import StoreProxy

MIB = 1024 * 1024
# The smallest parts that S3 and a real MinIO take; where there is only moto, more of them in the same time.
PART = 5 * MIB if shutil.which("minio") else MIB
MODEL = {
    "MLmodel": b"flavors: {}\n",
    "requirements.txt": b"",
    "data/ä & b.bin": b"\x00\xff" * 500,
    "model.pkl": 2 * PART + 1000,
}


class Release:
    """Files in a folder, and where they are to lie."""

    def __init__(self, folder, bucket):
        self.folder, self.bucket = folder, bucket
        self.store_uri = f"s3://{bucket}/prod"

    @property
    def files(self):
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as stream:
                    found.append(digest_stream(path.relative_to(self.folder).as_posix(), stream))
        return found

    @property
    def uri(self):
        return release_uri(self.store_uri, "iris", artifact_digest(self.files))

    def key(self, path=""):
        return f"{self.uri.removeprefix(f's3://{self.bucket}/')}/{path}"

    def open(self, endpoint, **changes):
        return open_release_store(
            ReleaseStoreSection.model_validate({"uri": self.store_uri, "endpoint": endpoint, **changes})
        )


def write(folder, contents):
    for path, content in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(os.urandom(content) if isinstance(content, int) else content)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """Let botocore try again at once, as often as ever."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda _self, _context: 0)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(parts, "PART_SIZE", PART)
    monkeypatch.setattr(parts, "SINGLE_LIMIT", PART)


@pytest.fixture(scope="session")
def minio_process(tmp_path_factory):
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


# Skipped once, in test_real_store.py, and not with every test.
@pytest.fixture(params=["moto", "minio"] if shutil.which("minio") else ["moto"])
def server(request, monkeypatch):
    use_credentials(monkeypatch)
    return request.getfixturevalue("s3_process" if request.param == "moto" else "minio_process")


@pytest.fixture
def make_release(tmp_path):
    """Return a function that writes files and names a new bucket of a server for them."""

    def make(server, contents=None, *, versioned=False):
        folder = tmp_path / "model"
        write(folder, contents or {"MLmodel": b"flavors: {}\n", "model.pkl": b"weights"})
        return Release(folder, server.bucket(versioned=versioned))

    return make


@pytest.fixture
def proxy_to():
    """Return a function that stands a proxy before a server."""
    opened = []

    def stand(endpoint=None):
        opened.append(StoreProxy(endpoint))
        return opened[-1]

    yield stand
    for proxy in opened:
        proxy.close()
