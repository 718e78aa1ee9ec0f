"""Whether what lies in the store is still what was published."""

import pytest

from mlplatform.registry.release import ReleaseStoreError
from mlplatform.registry.release import client as client_module
from tests.registry.release.conftest import MODEL, PART


@pytest.fixture
def published(server, make_release):
    """A published release: what it is, its store, and what a lock would remember."""
    release = make_release(server, MODEL)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    return release, store, release.files


@pytest.mark.parametrize("full", [False, True])
def test_untouched_release_is_fine(published, full):
    release, store, released = published
    assert store.check(release.uri, released, full=full) == ()


def test_check_reads_only_what_the_store_has_no_whole_checksum_of(published, server, proxy_to):
    release, _store, released = published
    proxy = proxy_to(server.endpoint)
    assert release.open(proxy.endpoint).check(release.uri, released) == ()
    # Of what came in parts, the store knows a checksum over the parts, which nothing here can be compared with.
    assert sorted(proxy.operations()) == ["get_object"] + ["head_object"] * 4 + ["list_objects_v2"]
    assert proxy.sent("get_object") == ["get_object model.pkl"]
    assert release.open(proxy.endpoint).check(release.uri, released, full=True) == ()
    assert len(proxy.sent("get_object")) == 5


def test_missing_file(published, server):
    release, store, released = published
    server.client().delete_object(Bucket=release.bucket, Key=release.key("requirements.txt"))
    assert store.check(release.uri, released) == ("requirements.txt is missing",)


def test_nothing_there(published, server):
    release, store, released = published
    for key in server.keys_of(release.bucket, release.key()):
        server.client().delete_object(Bucket=release.bucket, Key=key)
    assert store.check(release.uri, released) == (f"nothing lies at {release.uri}",)


def test_extra_objects(published, server):
    release, store, released = published
    for name in ("sitecustomize.py", "data/", ""):
        server.client().put_object(Bucket=release.bucket, Key=release.key(name), Body=b"")
    assert store.check(release.uri, released) == (
        "an object named like the folder, data/, sitecustomize.py lie there without belonging to the release",
    )


@pytest.mark.parametrize("neighbour", ["", "MLmodel", ".old/model.pkl"])
def test_neighbours_that_kserve_would_fetch(s3_server, make_release, neighbour):
    # MinIO itself refuses an object that is named like a folder, here the release.
    release = make_release(s3_server)
    store = release.open(s3_server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    s3_server.client().put_object(Bucket=release.bucket, Key=release.key().rstrip("/") + neighbour, Body=b"evil")
    folder = release.uri.rpartition("/")[2]
    assert store.check(release.uri, released) == (
        f"../{folder}{neighbour} lies there without belonging to the release",
    )


def test_other_releases_are_no_neighbours(published):
    release, store, released = published
    (release.folder / "more").write_bytes(b"more")
    store.publish(release.uri, release.folder, release.files)
    (release.folder / "more").unlink()
    assert store.check(release.uri, released) == ()


def test_many_extra_objects_are_one_short_fault(published, server):
    release, store, released = published
    for number in range(12):
        server.client().put_object(Bucket=release.bucket, Key=release.key(f"x{number:02}"), Body=b"")
    (fault,) = store.check(release.uri, released)
    assert fault.startswith("x00, x01, x02, x03, x04 and 7 more lie there")


def test_foreign_names_cannot_forge_lines(published, server):
    release, store, released = published
    server.client().put_object(Bucket=release.bucket, Key=release.key("a\u2028\x1b[2Jb"), Body=b"")
    (fault,) = store.check(release.uri, released)
    assert fault.isprintable()


def test_other_size(published, server):
    release, store, released = published
    server.client().put_object(Bucket=release.bucket, Key=release.key("MLmodel"), Body=b"flavors: {}\n#")
    assert store.check(release.uri, released) == ("MLmodel has 13 bytes and not 12",)


@pytest.mark.parametrize("versioned", [False, True])
def test_one_changed_byte(server, make_release, versioned):
    release = make_release(server, MODEL, versioned=versioned)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    paths = ("MLmodel", "model.pkl")
    # The attacker may well send a checksum, the right one for these bytes.
    for extra in ({}, {"ChecksumAlgorithm": "SHA256"}, {"ChecksumAlgorithm": "CRC32"}):
        for path in paths:
            content = bytearray((release.folder / path).read_bytes())
            content[5] ^= 1
            server.client().put_object(Bucket=release.bucket, Key=release.key(path), Body=bytes(content), **extra)
        expected = tuple(f"{path} has other content than what was released" for path in paths)
        assert store.check(release.uri, released) == expected, extra
        assert store.check(release.uri, released, full=True) == expected, extra


def test_changed_byte_of_a_file_in_parts(server, make_release):
    release = make_release(server, MODEL)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    content = bytearray((release.folder / "model.pkl").read_bytes())
    content[PART + 1] ^= 1
    upload_in_parts(server, release, bytes(content), PART)
    assert store.check(release.uri, released) == ("model.pkl has other content than what was released",)


def test_same_content_in_other_parts_is_the_same_content(published, server, proxy_to):
    release, _store, released = published
    upload_in_parts(server, release, (release.folder / "model.pkl").read_bytes(), PART + 1000)
    proxy = proxy_to(server.endpoint)
    assert release.open(proxy.endpoint).check(release.uri, released) == ()
    # Its checksum is another one, so that it was read.
    assert proxy.sent("get_object") == ["get_object model.pkl"]


def upload_in_parts(server, release, content, size):
    client, key = server.client(), {"Bucket": release.bucket, "Key": release.key("model.pkl")}
    upload = client.create_multipart_upload(ChecksumAlgorithm="SHA256", **key)["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(content), size), start=1):
        answer = client.upload_part(
            UploadId=upload, PartNumber=number, Body=content[start : start + size], ChecksumAlgorithm="SHA256", **key
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]})
    client.complete_multipart_upload(UploadId=upload, MultipartUpload={"Parts": parts}, **key)


@pytest.fixture
def without_checksums(proxy_to):
    """Return a function that makes a store of before 2022 of a server: it knows no checksums."""

    def make(server):
        proxy = proxy_to(server.endpoint)
        names = {"x-amz-checksum-sha256", "x-amz-checksum-type", "x-amz-checksum-algorithm"}
        proxy.not_answered = names
        proxy.not_forwarded = names | {"x-amz-sdk-checksum-algorithm"}
        return proxy

    return make


def test_store_without_checksums_is_read_back(s3_server, make_release, without_checksums):
    release, proxy = make_release(s3_server), without_checksums(s3_server)
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert len(proxy.sent("get_object")) == len(released)
    assert store.check(release.uri, released) == ()
    assert len(proxy.sent("get_object")) == 2 * len(released)
    s3_server.client().put_object(Bucket=release.bucket, Key=release.key("model.pkl"), Body=b"Weights")
    assert store.check(release.uri, released) == ("model.pkl has other content than what was released",)


def test_store_with_versions_and_without_checksums(s3_server, make_release, without_checksums):
    release, proxy = make_release(s3_server, versioned=True), without_checksums(s3_server)
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    read = len(proxy.sent("get_object"))
    assert store.check(release.uri, released) == ()
    # The id of a version says that an object is the one that was written, and nothing of its bytes.
    assert len(proxy.sent("get_object")) == 2 * read
    client, key = s3_server.client(), {"Bucket": release.bucket, "Key": release.key("model.pkl")}
    client.put_object(Body=b"weights", **key)
    assert store.check(release.uri, released) == ()
    client.put_object(Body=b"Weights", **key)
    assert store.check(release.uri, released) == ("model.pkl has other content than what was released",)


def test_long_lists_come_in_pages(server, make_release, proxy_to, monkeypatch):
    release = make_release(server, {f"{number:03}.txt": b"%d" % number for number in range(25)})
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    in_pages(monkeypatch)
    proxy = proxy_to(server.endpoint)
    assert release.open(proxy.endpoint).check(release.uri, released) == ()
    assert len(proxy.sent("list_objects_v2")) == 4
    server.client().delete_object(Bucket=release.bucket, Key=release.key("024.txt"))
    assert store.check(release.uri, released) == ("024.txt is missing",)


def in_pages(monkeypatch, keys=7):
    call = client_module.StoreClient.call

    def short(self, operation, **parameters):
        return call(self, operation, **parameters, **({"MaxKeys": keys} if operation == "list_objects_v2" else {}))

    monkeypatch.setattr(client_module.StoreClient, "call", short)


def test_download_that_breaks_off_goes_on_where_it_stopped(published, server, proxy_to):
    release, _store, released = published
    proxy, cut = proxy_to(server.endpoint), []
    proxy.cut = lambda request: request.name == "get_object model.pkl" and not cut and (cut.append(1) or PART)
    assert release.open(proxy.endpoint).check(release.uri, released, full=True) == ()
    reads = [request for request in proxy.requests if request.name == "get_object model.pkl"]
    assert [request.headers.get("Range") for request in reads] == [None, f"bytes={PART}-"]


def test_object_that_changes_while_it_is_read(published, server, proxy_to):
    release, _store, released = published
    proxy, cut = proxy_to(server.endpoint), []

    def overwrite(request):
        if request.name != "get_object model.pkl" or cut:
            return None
        cut.append(1)
        server.client().put_object(Bucket=release.bucket, Key=release.key("model.pkl"), Body=b"!" * (2 * PART + 1000))
        return PART

    proxy.cut = overwrite
    with pytest.raises(ReleaseStoreError, match="was overwritten while it was read"):
        release.open(proxy.endpoint).check(release.uri, released, full=True)


def test_download_that_always_breaks_off_is_an_error(published, server, proxy_to):
    release, _store, released = published
    proxy = proxy_to(server.endpoint)
    proxy.cut = lambda request: 0 if request.name == "get_object model.pkl" else None
    with pytest.raises(ReleaseStoreError, match="cannot be reached"):
        release.open(proxy.endpoint).check(release.uri, released, full=True)
    assert len(proxy.sent("get_object")) <= 3 + 4
