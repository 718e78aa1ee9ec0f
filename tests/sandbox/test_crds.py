"""Where the definitions of the catalogue come from."""

import dataclasses
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlplatform.sandbox.control_plane import crds
from mlplatform.sandbox.control_plane.crds import CrdSource, CrdUnavailableError, catalogue, crd_text, find

TEXT = b"""kind: CustomResourceDefinition
metadata:
  name: things.example.org
  labels:
    release: {{ .Release.Name }}
---
kind: CustomResourceDefinition
metadata:
  name: others.example.org
"""


@pytest.fixture
def web(tmp_path):
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "crds.yaml").write_bytes(TEXT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(web):
    return CrdSource(
        name="things.example.org",
        kind="Thing",
        folder="things-1.0",
        url=f"{web}/crds.yaml",
        sha256=hashlib.sha256(TEXT).hexdigest(),
    )


def test_download_is_verified_and_kept(monkeypatch, source, tmp_path):
    first = crd_text(source, shared=tmp_path, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(crds, "_download", lambda *_: pytest.fail("downloaded again"))
    assert crd_text(source, shared=tmp_path, cache_dir=tmp_path / "cache") == first


def test_one_document_without_template_commands(source, tmp_path):
    other = dataclasses.replace(source, name="others.example.org")
    assert "{{" not in crd_text(source, shared=tmp_path, cache_dir=tmp_path / "cache")
    assert "things.example.org" not in crd_text(other, shared=tmp_path, cache_dir=tmp_path / "cache")


def test_definition_that_the_file_lacks(source, tmp_path):
    missing = dataclasses.replace(source, name="missing.example.org")
    with pytest.raises(CrdUnavailableError, match="does not define missing"):
        crd_text(missing, shared=tmp_path, cache_dir=tmp_path / "cache")


def test_wrong_checksum_is_refused(source, tmp_path):
    with pytest.raises(CrdUnavailableError, match="pinned is 0000"):
        crd_text(dataclasses.replace(source, sha256="0" * 64), shared=tmp_path, cache_dir=tmp_path / "cache")


def test_neither_shared_nor_download(source, web, tmp_path):
    with pytest.raises(CrdUnavailableError, match="cannot be downloaded"):
        crd_text(dataclasses.replace(source, url=f"{web}/gone.yaml"), shared=tmp_path, cache_dir=tmp_path / "cache")


def test_local_copy_comes_first(source, tmp_path):
    (tmp_path / "things-1.0").mkdir()
    (tmp_path / "things-1.0" / "things.example.org.yaml").write_text("local: true\n")
    assert crd_text(source, shared=tmp_path) == "local: true\n"


def test_catalogue_tells_kinds_of_one_name_apart():
    assert find("networking.istio.io/v1", "Gateway").name == "gateways.networking.istio.io"
    assert find("gateway.networking.k8s.io/v1", "Gateway").name == "gateways.gateway.networking.k8s.io"
    assert find("v1", "Service") is None
    assert find("serving.knative.dev/v1", "Service").name == "services.serving.knative.dev"


def test_catalogue_pins_every_definition():
    for source in catalogue().values():
        assert len(source.sha256) == 64
        # A branch moves; every address names a tag, which is in the folder's name, too.
        assert source.folder.rpartition("-")[2] in source.url
