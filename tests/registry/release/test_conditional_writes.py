"""A store that takes If-None-Match and overwrites all the same is found out before a release is written to it."""

import pytest

from mlplatform.registry.release import ReleaseStoreError
from tests.registry.release.conftest import MODEL

PROBE = "prod/.mlplatform-conditional-writes"


@pytest.fixture
def overwriting(s3_server, proxy_to):
    """Return a function that makes a store of the server that ignores the header in some requests."""

    def make(operation):
        proxy = proxy_to(s3_server.endpoint)

        def ignore(request):
            if request.operation == operation:
                request.headers.pop("If-None-Match", None)

        proxy.before = ignore
        return proxy

    return make


@pytest.mark.parametrize(
    ("operation", "name"),
    [("put_object", "PutObject"), ("complete_multipart_upload", "CompleteMultipartUpload")],
)
def test_overwriting_store_gets_no_release(s3_server, make_release, overwriting, operation, name):
    release, proxy = make_release(s3_server, MODEL), overwriting(operation)
    for _ in range(2):
        with pytest.raises(ReleaseStoreError) as caught:
            release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)
        assert caught.value.key == "releaseStore.endpoint"
        assert f"overwrites objects although {name} says If-None-Match" in caught.value.message
    assert s3_server.keys_of(release.bucket) == [PROBE]


def test_store_that_ignores_it_for_parts_only_takes_small_releases(s3_server, make_release, overwriting):
    release, proxy = make_release(s3_server), overwriting("complete_multipart_upload")
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


def test_probe_costs_one_refused_write_for_each_store_opened(server, make_release, proxy_to):
    release = make_release(server)
    release.open(server.endpoint).publish(release.uri, release.folder, release.files)
    proxy = proxy_to(server.endpoint)
    store = release.open(proxy.endpoint)
    for content in (b"one", b"two"):
        (release.folder / "more").write_bytes(content)
        store.publish(release.uri, release.folder, release.files)
    assert [request.status for request in proxy.requests if request.path.endswith(PROBE)] == [412]


def test_probe_leaves_no_upload_behind(server, make_release):
    release = make_release(server, MODEL)
    release.open(server.endpoint).publish(release.uri, release.folder, release.files)
    assert not server.client().list_multipart_uploads(Bucket=release.bucket, Prefix=PROBE).get("Uploads")


def test_probe_is_no_part_of_any_release(server, make_release):
    release = make_release(server)
    release.open(server.endpoint).publish(release.uri, release.folder, release.files)
    assert PROBE in server.keys_of(release.bucket)
    assert not any(".mlplatform" in key for key in server.keys_of(release.bucket, release.key()))
