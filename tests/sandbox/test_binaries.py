"""Where the programs of the control plane come from: the user's folder, a release, the Go module, or nowhere."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.sandbox.toolchain import binaries, downloads, go_build
from mlplatform.sandbox.toolchain.binaries import NoBinariesError, find_binaries
from mlplatform.sandbox.toolchain.downloads import DownloadError
from mlplatform.sandbox.toolchain.go_build import COMPONENTS

ROOT = Path(__file__).parents[2]
LINUX = "linux/amd64"
# A stand-in for Go: it says its platform, and builds a file that says what was asked of it.
GO = """#!/bin/sh
if [ "$1" = env ]; then echo linux; echo amd64; echo "${FAKE_GO_VERSION:-go1.26.0}"; exit 0; fi
echo "GOFLAGS=$GOFLAGS $*" >> "{log}"
{fail}
while [ "$1" != -o ]; do shift; done
sleep 0.2
echo built > "$2"
"""


class Web:
    """Files behind a web server of this machine."""

    def __init__(self, folder, address):
        self.folder, self.address = folder, address

    def put(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web(tmp_path):
    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Web(folder, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def releases(monkeypatch, web):
    """Releases of version v1 on the web server: files, and checksums in upstream's three forms."""

    def entry(form, published, **fields):
        return {
            "version": "v1",
            "url": web.address + "/{version}/{name}-{os}-{arch}",
            "published": {"form": form, "url": f"{web.address}/{published}"},
            "platforms": [LINUX],
            "sha256": {},
        } | fields

    table = {name: entry("sha256", "{version}/{name}-{os}-{arch}.sha256") for name in COMPONENTS}
    table["etcd"] = entry("sums", "{version}/SHA256SUMS", member="etcd-{version}/etcd")
    table["etcd"]["url"] += ".{archive}"
    table["kwok"] = entry("github", "{version}/release.json")
    monkeypatch.setattr(downloads, "_table", lambda: table)
    monkeypatch.setattr(binaries, "_platform", lambda: LINUX)
    return table


@pytest.fixture
def published(web, releases):
    """All five programs on the web server."""
    sums = {}
    for name in COMPONENTS:
        content = f"program {name}".encode()
        if name == "etcd":
            content = archive("etcd-v1/etcd", content)
        file = f"{name}-linux-amd64" + (".tar.gz" if name == "etcd" else "")
        web.put(f"v1/{file}", content)
        sums[file] = hashlib.sha256(content).hexdigest()
        web.put(f"v1/{file}.sha256", f"{sums[file]}\n".encode())
    web.put("v1/SHA256SUMS", "".join(f"{digest}  {file}\n" for file, digest in sums.items()).encode())
    assets = [{"name": file, "digest": f"sha256:{digest}"} for file, digest in sums.items()]
    web.put("v1/release.json", json.dumps({"assets": assets}).encode())
    return releases


def archive(name, content):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def go(tmp_path):
    """A folder with a stand-in for Go, and the list of what it was asked to do."""
    folder = tmp_path / "go"
    folder.mkdir()
    log = folder / "log"

    def make(fail=""):
        (folder / "go").write_text(GO.replace("{log}", str(log)).replace("{fail}", fail))
        (folder / "go").chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}

    make.asked = lambda: log.read_text().splitlines() if log.exists() else []
    return make


@pytest.fixture
def search(tmp_path):
    """Find the programs in nothing but what the test gives; the lines that were said are kept."""
    said = []

    def find(**environ):
        said.clear()
        return find_binaries(said.append, environ={"PATH": "/nowhere"} | environ, root=tmp_path / "cache")

    find.said = said
    return find


def assets(folder, *names, version="v1.36.0"):
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho Kubernetes {version}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_versions_of_releases_and_module_are_the_same():
    module = go_build.required()
    for name, package in go_build.PACKAGES.items():
        version = next(version for path, version in module.items() if f"{package}/".startswith(f"{path}/"))
        assert downloads.release(name, LINUX).version == version


def test_module_pins_the_libraries_of_its_kubernetes():
    module = go_build.required()
    minor = ".".join(module["k8s.io/kubernetes"].split(".")[1:])
    staging = {
        path: version for path, version in module.items() if path.startswith("k8s.io/") and version.startswith("v0.36.")
    }
    assert len(staging) > 20
    assert {version.removeprefix("v0.") for version in staging.values()} == {minor}
    # Older ones of the line lack progress requests: a job takes half a minute.
    assert tuple(map(int, module["go.etcd.io/etcd/server/v3"].removeprefix("v").split("."))) >= (3, 6, 8)


def test_own_folder_with_everything(search, tmp_path):
    folder = assets(tmp_path / "assets", *COMPONENTS, version="v1.30.0")
    assert search(KUBEBUILDER_ASSETS=folder) == {name: tmp_path / "assets" / name for name in COMPONENTS}


@pytest.mark.usefixtures("published")
def test_own_folder_with_some_of_them(search, tmp_path):
    folder = assets(tmp_path / "assets", "etcd", "kube-apiserver")
    found = search(KUBEBUILDER_ASSETS=folder)
    assert found["etcd"] == tmp_path / "assets" / "etcd"
    assert found["kwok"].read_bytes() == b"program kwok"
    assert search.said == [f"Downloading {name} v1 ..." for name in COMPONENTS[2:]]


def test_own_folder_of_another_version_with_some_of_them(search, tmp_path):
    folder = assets(tmp_path / "assets", "etcd", "kube-apiserver", version="v1.33.0")
    with pytest.raises(ProblemsError, match=r"Kubernetes 1\.33, and kube-controller-manager and kube-scheduler"):
        search(KUBEBUILDER_ASSETS=folder)


def test_own_folder_without_an_api_server(search, tmp_path):
    with pytest.raises(ProblemsError, match="there is no kube-apiserver; unset it"):
        search(KUBEBUILDER_ASSETS=str(tmp_path / "nothing"))


@pytest.mark.parametrize(("version", "warned"), [("3.6.7", True), ("3.6.8", False), ("3.7.0", False)])
def test_own_folder_with_an_old_etcd(search, tmp_path, version, warned):
    folder = assets(tmp_path / "assets", *COMPONENTS)
    (tmp_path / "assets" / "etcd").write_text(f"#!/bin/sh\necho etcd Version: {version}\n")
    search(KUBEBUILDER_ASSETS=folder)
    assert any("older than 3.6.8" in line for line in search.said) is warned


@pytest.mark.parametrize(("text", "message"), [("exec sleep 0\n", "does not say"), (None, "does not run")])
def test_own_folder_with_a_program_that_is_none(search, tmp_path, text, message):
    folder = assets(tmp_path / "assets", "kube-apiserver")
    program = tmp_path / "assets" / "kube-apiserver"
    program.write_text("#!/bin/sh\n" + text if text else "#!/nowhere\n")
    with pytest.raises(ProblemsError, match=message):
        search(KUBEBUILDER_ASSETS=folder)


@pytest.mark.usefixtures("published")
def test_releases_are_verified_and_kept(search, web):
    found = search()
    assert {name: path.read_bytes() for name, path in found.items()} == {
        name: f"program {name}".encode() for name in COMPONENTS
    }
    assert all(os.access(path, os.X_OK) for path in found.values())
    for file in (web.folder / "v1").iterdir():
        file.unlink()
    assert search() == found
    assert search.said == []


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["kube-apiserver", "etcd", "kwok"])
def test_release_that_is_not_what_was_published(web, tmp_path, name):
    wanted = downloads.release(name, LINUX)
    web.put(wanted.url.removeprefix(web.address + "/"), b"something else")
    with pytest.raises(DownloadError, match="published is"):
        downloads.download(wanted, tmp_path / "program")
    assert not (tmp_path / "program").exists()


def test_pinned_checksum_comes_before_the_published_one(published, web, tmp_path):
    published["kwok"]["sha256"] = {f"kwok {LINUX}": "0" * 64}
    with pytest.raises(DownloadError, match="pinned is 0000"):
        downloads.download(downloads.release("kwok", LINUX), tmp_path / "program")
    published["kwok"]["sha256"] = {f"kwok {LINUX}": hashlib.sha256(b"program kwok").hexdigest()}
    (web.folder / "v1" / "release.json").unlink()
    downloads.download(downloads.release("kwok", LINUX), tmp_path / "program")
    assert (tmp_path / "program").read_bytes() == b"program kwok"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("file", "name", "content"),
    [
        ("kube-scheduler-linux-amd64.sha256", "kube-scheduler", b"<html>not found</html>"),
        ("SHA256SUMS", "etcd", b"0000  another\n"),
        ("release.json", "kwok", b"{}"),
        ("release.json", "kwok", b'{"assets": [{"name": "kwok-linux-amd64", "digest": null}]}'),
        ("release.json", "kwok", b"no JSON"),
    ],
)
def test_published_checksums_that_are_none(web, tmp_path, file, name, content):
    web.put(f"v1/{file}", content)
    with pytest.raises(DownloadError, match="holds no SHA-256 checksum of"):
        downloads.download(downloads.release(name, LINUX), tmp_path / "program")


# By name: an archive holds its own time, and workers that collect at another second would see another test.
@pytest.mark.parametrize("content", [b"no archive", archive("etcd-v1/README", b"text")], ids=["text", "archive"])
def test_archive_without_the_program(published, web, tmp_path, content):
    web.put("v1/etcd-linux-amd64.tar.gz", content)
    published["etcd"]["sha256"] = {f"etcd {LINUX}": hashlib.sha256(content).hexdigest()}
    with pytest.raises(DownloadError, match="is no archive with etcd-v1/etcd"):
        downloads.download(downloads.release("etcd", LINUX), tmp_path / "program")


def test_archive_of_another_system(published, web, tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive_file:
        archive_file.writestr("etcd-v1/etcd", "program")
    web.put("v1/etcd-darwin-arm64.zip", stream.getvalue())
    published["etcd"]["platforms"] = ["darwin/arm64"]
    published["etcd"]["sha256"] = {"etcd darwin/arm64": hashlib.sha256(stream.getvalue()).hexdigest()}
    downloads.download(downloads.release("etcd", "darwin/arm64"), tmp_path / "program")
    assert (tmp_path / "program").read_bytes() == b"program"


@pytest.mark.usefixtures("releases")
def test_without_release_the_module_is_built(search, go):
    environ = go()
    found = search(**environ)
    assert {path.read_text() for path in found.values()} == {"built\n"}
    assert search.said[1].startswith("It cannot be downloaded: http://127.0.0.1")
    assert "answers with HTTP status 404" in search.said[1]
    assert "Building etcd (1 of 5) ..." in search.said
    first = go.asked()[0]
    assert first.startswith("GOFLAGS=-mod=readonly build -trimpath -buildvcs=false -ldflags=")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36." in first
    assert search(**environ) == found
    assert len(go.asked()) == len(COMPONENTS)
    # Another Go makes other programs.
    os.environ["FAKE_GO_VERSION"] = "go1.27.0"
    try:
        assert search(**environ)["etcd"] != found["etcd"]
    finally:
        del os.environ["FAKE_GO_VERSION"]


def test_only_what_has_no_release_is_built(search, published, go):
    for name in COMPONENTS[1:4]:
        published[name]["platforms"] = []
    found = search(**go())
    assert found["etcd"].read_bytes() == b"program etcd"
    assert found["kube-scheduler"].read_text() == "built\n"
    assert len(go.asked()) == 3


@pytest.mark.usefixtures("releases")
def test_build_that_fails(search, go):
    environ = go(fail='echo "go: downloading x" >&2; echo "disk is full" >&2; exit 1')
    with pytest.raises(NoBinariesError, match="Go cannot build etcd: disk is full"):
        search(**environ)
    # Nothing unfinished is left, and nothing half-done is taken for a program later.
    assert search(**go())["etcd"].read_text() == "built\n"


@pytest.mark.usefixtures("releases")
def test_no_way_at_all(search):
    with pytest.raises(NoBinariesError) as caught:
        search()
    text = str(caught.value)
    assert text.startswith("the sandbox lacks etcd, kube-apiserver")
    assert "set KUBEBUILDER_ASSETS to a folder" in text
    assert "KUBEBUILDER_ASSETS is not set" in text
    assert "answers with HTTP status 404" in text
    assert "there is no Go on the search path" in text


def test_host_that_is_not_reached(search, releases):
    for entry in releases.values():
        entry["published"]["url"] = "http://127.0.0.1:1/checksum"
    with pytest.raises(NoBinariesError, match=r"127\.0\.0\.1:1 cannot be reached \(ConnectionError\)"):
        search()
    # The first one that is not reached ends the attempt.
    assert len(search.said) == 2


def test_two_builders_at_a_time_build_once(go, tmp_path):
    environ = go()
    code = (
        "import sys, os; from pathlib import Path; from mlplatform.sandbox.toolchain import binaries, downloads;"
        "downloads._table = lambda: {name: {'platforms': []} for name in binaries.COMPONENTS};"
        f"found = binaries.find_binaries(lambda line: None, root=Path({str(tmp_path / 'cache')!r}));"
        "print(sorted(map(str, found.values())))"
    )
    command = [sys.executable, "-c", code]
    variables = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
    variables.pop("KUBEBUILDER_ASSETS", None)
    both = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert said[0] == said[1] != ""
    assert len(go.asked()) == len(COMPONENTS)


@pytest.mark.usefixtures("releases")
def test_cache_folder_can_be_chosen(tmp_path, go, monkeypatch):
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    environ = go() | {"MLPLATFORM_SANDBOX_CACHE": str(tmp_path / "elsewhere")}
    found = find_binaries(lambda _line: None, environ=environ)
    assert all(path.is_relative_to(tmp_path / "elsewhere") for path in found.values())
