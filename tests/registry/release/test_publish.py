"""Publishing: everything is there, once, and vouched for by the store."""

import tracemalloc

import pytest

from mlplatform.registry.release import ReleaseStoreError, SourceChangedError, parts
from mlplatform.registry.release.location import store_location
from mlplatform.registry.release.small_files import CONFLICT_TRIES
from mlplatform.registry.release.stored_files import stored_file
from tests.object_stores import ENVIRONMENT
from tests.registry.release import publisher
from tests.registry.release.conftest import MIB, MODEL, PART
from tests.store_proxy import xml_error


@pytest.fixture
def no_conflict_pause(monkeypatch):
    monkeypatch.setattr("mlplatform.registry.release.small_files.CONFLICT_PAUSE_SECONDS", 0)


def content_of(server, release):
    client = server.client()
    return {
        key.removeprefix(release.key()): client.get_object(Bucket=release.bucket, Key=key)["Body"].read()
        for key in server.keys_of(release.bucket, release.key())
    }


def local_content(release):
    return {file.path: (release.folder / file.path).read_bytes() for file in release.files}


def test_publishes_small_and_large_files_with_their_checksums(server, make_release):
    release = make_release(server, MODEL)
    done = []
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files, progress=done.append)
    assert content_of(server, release) == local_content(release)
    location = store_location(release.uri)
    for file in release.files:
        stored = stored_file(store._client, location, file.path)
        in_parts = file.path == "model.pkl"
        assert (stored.sha256 is None, stored.parts_sha256 is not None) == (in_parts, in_parts)
        assert not in_parts or stored.parts_sha256.endswith("-3")
    assert sum(done) == sum(file.size for file in release.files)


def test_second_publish_sends_nothing(server, make_release, proxy_to):
    release = make_release(server, MODEL)
    release.open(server.endpoint).publish(release.uri, release.folder, release.files)
    proxy, done = proxy_to(server.endpoint), []
    release.open(proxy.endpoint).publish(release.uri, release.folder, release.files, progress=done.append)
    assert sorted(proxy.operations()) == ["head_object"] * 4 + ["list_objects_v2"] * 2
    assert sum(done) == sum(file.size for file in release.files)


def test_read_gives_back_what_was_released_and_nothing_else(server, make_release, proxy_to):
    release = make_release(server, {**MODEL, "model.pkl": 3 * MIB})
    proxy = proxy_to(server.endpoint)
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    files = {file.path: file for file in release.files}
    assert {path: store.read(release.uri, file) for path, file in files.items()} == local_content(release)
    # Taken up where it broke off.
    cut = []
    proxy.cut = lambda request: (
        MIB if request.name == "get_object model.pkl" and not cut and not cut.append(1) else None
    )
    assert store.read(release.uri, files["model.pkl"]) == local_content(release)["model.pkl"]
    assert cut
    key = {"Bucket": release.bucket, "Key": release.key("MLmodel")}
    for content in (b"flavors: []\n", b"flavors: {}", b"flavors: {}\n#"):
        server.client().put_object(Body=content, **key)
        assert store.read(release.uri, files["MLmodel"]) is None
    server.client().delete_object(**key)
    assert store.read(release.uri, files["MLmodel"]) is None
    server.client().delete_object(Bucket=release.bucket, Key=release.key("model.pkl"))
    with pytest.raises(ReleaseStoreError, match="is not a place in an S3 store"):
        store.read("gs://elsewhere/x", files["MLmodel"])


def test_publish_finds_equal_content_of_another_writer(server, make_release, proxy_to):
    # Without a checksum and in one piece: only reading it can tell.
    release = make_release(server, MODEL)
    client = server.client()
    for path, content in local_content(release).items():
        client.put_object(Bucket=release.bucket, Key=release.key(path), Body=content)
    proxy = proxy_to(server.endpoint)
    release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)
    assert not proxy.sent("put_object", "upload_part")
    assert proxy.sent("get_object")


@pytest.mark.parametrize("path", ["MLmodel", "model.pkl"])
def test_other_content_is_never_overwritten(server, make_release, path):
    release = make_release(server, MODEL)
    size = next(file.size for file in release.files if file.path == path)
    foreign = b"!" * size
    server.client().put_object(Bucket=release.bucket, Key=release.key(path), Body=foreign)
    with pytest.raises(ReleaseStoreError) as caught:
        release.open(server.endpoint).publish(release.uri, release.folder, release.files)
    assert caught.value.key == "releaseStore.uri"
    assert caught.value.message.startswith(f"{release.uri}/{path} already holds other content")
    assert content_of(server, release)[path] == foreign


@pytest.mark.parametrize(("path", "operation"), [("MLmodel", "put_object"), ("model.pkl", "complete_multipart_upload")])
@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.usefixtures("no_conflict_pause")
def test_writer_that_comes_in_between(server, make_release, proxy_to, path, operation, equal):  # noqa: PLR0913, PLR0917
    release = make_release(server, MODEL)
    content = (release.folder / path).read_bytes()
    between = content if equal else b"!" * len(content)
    proxy = proxy_to(server.endpoint)

    def write_first(request):
        if request.operation == operation and request.path.endswith(path):
            # Again for every repetition of the request, as if it had always been there.
            server.client().put_object(Bucket=release.bucket, Key=release.key(path), Body=between)

    proxy.before = write_first
    store = release.open(proxy.endpoint)
    if equal:
        store.publish(release.uri, release.folder, release.files)
        released = release.files
        assert store.check(release.uri, released, full=True) == ()
    else:
        with pytest.raises(ReleaseStoreError, match="already holds other content"):
            store.publish(release.uri, release.folder, release.files)
    assert content_of(server, release)[path] == between
    # What nobody needs any more is cleared away.
    assert not server.client().list_multipart_uploads(Bucket=release.bucket).get("Uploads")


@pytest.mark.parametrize(("path", "operation"), [("MLmodel", "put_object"), ("model.pkl", "complete_multipart_upload")])
@pytest.mark.usefixtures("no_conflict_pause")
def test_conflict_is_tried_again(server, make_release, proxy_to, path, operation):
    release = make_release(server, MODEL)
    proxy = proxy_to(server.endpoint)
    left = [2]

    def conflict(request):
        if request.operation == operation and request.path.endswith(path) and left[0]:
            left[0] -= 1
            return xml_error(409, "ConditionalRequestConflict")
        return None

    proxy.before = conflict
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert left == [0]
    assert store.check(release.uri, released, full=True) == ()


@pytest.mark.usefixtures("no_conflict_pause")
def test_conflict_without_end_is_an_error(s3_server, make_release, proxy_to):
    release = make_release(s3_server)
    proxy = proxy_to(s3_server.endpoint)
    proxy.before = lambda request: (
        xml_error(409, "ConditionalRequestConflict") if request.name == "put_object model.pkl" else None
    )
    with pytest.raises(ReleaseStoreError, match=r"model\.pkl could not be written: others write"):
        release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)
    assert proxy.sent("put_object").count("put_object model.pkl") == CONFLICT_TRIES


def test_foreign_objects_stop_a_publish_before_anything_is_written(server, make_release, proxy_to):
    release = make_release(server)
    server.client().put_object(Bucket=release.bucket, Key=release.key("sitecustomize.py"), Body=b"evil")
    proxy = proxy_to(server.endpoint)
    with pytest.raises(ReleaseStoreError, match=r"sitecustomize\.py lies there without belonging to the release"):
        release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)
    assert proxy.operations() == ["list_objects_v2"]


@pytest.mark.parametrize("path", ["MLmodel", "model.pkl"])
def test_changed_local_file_is_not_published(server, make_release, path):
    release = make_release(server, MODEL)
    files, uri = release.files, release.uri
    content = (release.folder / path).read_bytes()
    (release.folder / path).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(SourceChangedError, match=f"{path} in .* changed since it was hashed"):
        release.open(server.endpoint).publish(uri, release.folder, files)
    prefix = uri.removeprefix(f"s3://{release.bucket}/")
    assert f"{prefix}/{path}" not in server.keys_of(release.bucket)


def test_large_file_that_changes_between_its_parts_is_never_completed(server, make_release, proxy_to):
    release = make_release(server, MODEL)
    files, uri = release.files, release.uri
    proxy = proxy_to(server.endpoint)

    def change(request):
        if request.operation == "create_multipart_upload" and request.path.endswith("model.pkl"):
            with (release.folder / "model.pkl").open("r+b") as stream:
                stream.seek(PART + 7)
                stream.write(b"changed")

    proxy.before = change
    with pytest.raises(SourceChangedError, match=r"model\.pkl in .* changed since it was hashed"):
        release.open(proxy.endpoint).publish(uri, release.folder, files)
    assert "complete_multipart_upload model.pkl" not in proxy.sent("complete_multipart_upload")


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"longer than before")])
def test_missing_or_grown_local_file(s3_server, make_release, change):
    release = make_release(s3_server)
    files, uri = release.files, release.uri
    change(release.folder / "model.pkl")
    with pytest.raises(SourceChangedError, match=r"model\.pkl in .* was not published"):
        release.open(s3_server.endpoint).publish(uri, release.folder, files)


def test_uri_of_other_files_is_refused(s3_server, make_release):
    release = make_release(s3_server)
    uri = release.uri
    (release.folder / "more").write_bytes(b"")
    with pytest.raises(ValueError, match="belong"):
        release.open(s3_server.endpoint).publish(uri, release.folder, release.files)
    assert s3_server.keys_of(release.bucket) == []


def test_key_that_s3_does_not_take(s3_server, make_release):
    release = make_release(s3_server, {"/".join(["d" * 200] * 5): b""})
    with pytest.raises(ReleaseStoreError, match="1024 bytes"):
        release.open(s3_server.endpoint).publish(release.uri, release.folder, release.files)


def test_several_publishers_of_one_release_side_by_side(server, make_release, proxy_to):
    release = make_release(server, MODEL)
    proxy = proxy_to(server.endpoint)
    proxy.latency = 0.02
    publishers = [publisher.start(release, proxy.endpoint, part_size=PART, environment=ENVIRONMENT) for _ in range(4)]
    for process in publishers:
        process.join(120)
    assert [process.exitcode for process in publishers] == [0] * 4
    assert content_of(server, release) == local_content(release)
    # No file was written over another: of each, one write at most succeeded.
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files, full=True) == ()


def test_versioned_bucket_keeps_one_version_of_each_file_after_many_publishers(server, make_release):
    release = make_release(server, MODEL, versioned=True)
    publishers = [publisher.start(release, server.endpoint, part_size=PART, environment=ENVIRONMENT) for _ in range(4)]
    for process in publishers:
        process.join(120)
    assert [process.exitcode for process in publishers] == [0] * 4
    versions = server.client().list_object_versions(Bucket=release.bucket)["Versions"]
    assert sorted(version["Key"] for version in versions) == server.keys_of(release.bucket)


def test_store_that_loses_what_was_written(s3_server, make_release, proxy_to):
    release = make_release(s3_server)
    proxy = proxy_to(s3_server.endpoint)

    def lose(request):
        if request.name == "put_object model.pkl":
            s3_server.client().delete_object(Bucket=release.bucket, Key=release.key("model.pkl"))

    proxy.after = lose
    with pytest.raises(ReleaseStoreError, match=r"not right after writing it: model\.pkl is missing"):
        release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)


def test_many_small_files(server, make_release):
    contents = {f"tokenizer/{number:04}.json": b"%d" % number for number in range(100)}
    release = make_release(server, contents)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert len(released) == 100
    assert store.check(release.uri, released) == ()


def test_memory_holds_a_part_for_each_worker_and_no_more(s3_server, make_release, monkeypatch):
    monkeypatch.setattr("mlplatform.registry.parallel.WORKERS", 2)
    size = 4 * MIB
    monkeypatch.setattr(parts, "PART_SIZE", size)
    release = make_release(s3_server, {"model.pkl": 12 * size})
    store = release.open(s3_server.endpoint)
    files, uri = release.files, release.uri
    tracemalloc.start()
    try:
        store.publish(uri, release.folder, files)
        released = release.files
        assert store.check(uri, released, full=True) == ()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * size + 8 * MIB, f"{peak / MIB:.0f} MiB for a file of {12 * size / MIB:.0f} MiB"
