"""The CRD check itself: where its schemas come from, and that it is strict."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest

from tests import crd_schemas


@pytest.fixture
def web(tmp_path):
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "crd.yaml").write_text("kind: CustomResourceDefinition\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def source(monkeypatch, url, sha256):
    monkeypatch.setitem(crd_schemas.SOURCES, "Test", {"shared": "nothing.yaml", "url": url, "sha256": sha256})


def test_download_is_verified_and_kept(monkeypatch, web, tmp_path):
    source(monkeypatch, f"{web}/crd.yaml", hashlib.sha256(b"kind: CustomResourceDefinition\n").hexdigest())
    first = crd_schemas.crd_text("Test", shared=tmp_path, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(crd_schemas, "_download", lambda *_: pytest.fail("downloaded again"))
    assert crd_schemas.crd_text("Test", shared=tmp_path, cache_dir=tmp_path / "cache") == first


def test_wrong_checksum_is_refused(monkeypatch, web, tmp_path):
    source(monkeypatch, f"{web}/crd.yaml", "0" * 64)
    with pytest.raises(AssertionError, match="pinned is 0000"):
        crd_schemas.crd_text("Test", shared=tmp_path, cache_dir=tmp_path / "cache")


def test_neither_shared_nor_download(monkeypatch, web, tmp_path):
    source(monkeypatch, f"{web}/gone.yaml", "0" * 64)
    with pytest.raises(crd_schemas.CrdUnavailableError, match="cannot be downloaded"):
        crd_schemas.crd_text("Test", shared=tmp_path, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize(
    ("schema", "value", "accepted"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"b": 1}, False),
        ({"type": "object", "properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": True}, {"b": 1}, True),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}, "80%", True),
        ({"x-kubernetes-int-or-string": True}, 1.5, False),
        ({"type": "string", "nullable": True}, None, True),
        ({"type": "object", "properties": {"type": {"type": "string"}}}, {"type": "x"}, True),
    ],
)
def test_strictness(schema, value, accepted):
    assert jsonschema.Draft202012Validator(crd_schemas.strict(schema)).is_valid(value) is accepted
