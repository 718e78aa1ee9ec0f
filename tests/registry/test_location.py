import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.registry.client.failure import one_line
from mlplatform.registry.location import (
    LocationError,
    UnmappedLocationError,
    address_fault,
    map_location,
    require_own_server,
    without_credentials,
)

PROXY = {"mlflow-artifacts:/": "s3://models/"}
MAPPED = [
    ("mlflow-artifacts:/1/models/m-1/artifacts", PROXY, "s3://models/1/models/m-1/artifacts"),
    ("mlflow-artifacts:/1/x/", PROXY, "s3://models/1/x"),
    ("mlflow-artifacts:///1/x", PROXY, "s3://models/1/x"),
    ("mlflow-artifacts:/1//x", PROXY, "s3://models/1/x"),
    ("mlflow-artifacts://host:5000/1/x", PROXY, "s3://models/1/x"),
    ("https://host/api/2.0/mlflow-artifacts/artifacts/1/x", PROXY, "s3://models/1/x"),
    ("http://host:5000/team/api/2.0/mlflow-artifacts/artifacts/1/x", PROXY, "s3://models/1/x"),
    ("mlflow-artifacts:/", PROXY, "s3://models"),
    ("mlflow-artifacts:/1/x", {**PROXY, "mlflow-artifacts:/1/": "s3://one"}, "s3://one/x"),
    ("mlflow-artifacts:/12/x", {**PROXY, "mlflow-artifacts:/1": "s3://one"}, "s3://models/12/x"),
    ("mlflow-artifacts://a/1/x", {**PROXY, "mlflow-artifacts://a/": "s3://a"}, "s3://a/1/x"),
    ("mlflow-artifacts://b/1/x", {**PROXY, "mlflow-artifacts://a/": "s3://a"}, "s3://models/1/x"),
    ("/srv/mlruns/1/x", {"file:///srv/mlruns/": "s3://models"}, "s3://models/1/x"),
    ("file:///srv/mlruns/1/x", {"file:/srv/mlruns": "s3://models"}, "s3://models/1/x"),
    ("file://localhost/srv/mlruns/1/x", {"file:///srv/": "s3://models"}, "s3://models/mlruns/1/x"),
    ("s3://a/b/c", {}, "s3://a/b/c"),
    ("gs://a/b/", {}, "gs://a/b"),
    ("gs://bucket/b", {}, "gs://bucket/b"),
    ("s3://a/b/x", {"s3://a/b": "s3://replica/b"}, "s3://replica/b/x"),
    ("s3://a/bc/x", {"s3://a/b": "s3://replica/b"}, "s3://a/bc/x"),
    ("https://store/models/x", {"https://store/models": "https://mirror/models"}, "https://mirror/models/x"),
]
REFUSED = [
    ("mlflow-artifacts:/1/../../secret", "'..' segment"),
    ("mlflow-artifacts:/1/%2E%2e/secret", "'..' segment"),
    ("s3://bucket/a/../b", "'..' segment"),
    ("s3://bucket/a//b", "empty path segment"),
    ("mlruns/1/x", "relative path"),
    ("./mlruns/1/x", "relative path"),
    ("s3://key:hunter2@bucket/x", "carries credentials"),
    ("s3://key:with/slash/hunter2@bucket/x", "carries credentials"),
    ("mlflow-artifacts://user:hunter2@host/x", "carries credentials"),
    ("mlflow-artifacts://hunter2@host/x", "carries credentials"),
    ("http://host/api/2.0/mlflow-artifacts/artifacts/x?X-Amz-Signature=hunter2", "carries credentials"),
    ("mlflow-artifacts:/1/x?part=2", "query or fragment"),
]
UNMAPPED = [
    ("mlflow-artifacts:/1/x", {}, "mlflow-artifacts:/"),
    ("mlflow-artifacts://host:5000/1/x", {"mlflow-artifacts://other/": "s3://x"}, "mlflow-artifacts:/"),
    ("/srv/mlruns/1/models/m-0a1b/artifacts", PROXY, "file:///srv/mlruns/"),
    (f"file:///srv/mlruns/12/{'a' * 32}/artifacts/model", PROXY, "file:///srv/mlruns/"),
    ("https://store/models/x", PROXY, "https://store/models/"),
    ("dbfs:/models/x", PROXY, "dbfs:/models/"),
]


@pytest.mark.parametrize(("location", "stores", "expected"), MAPPED)
def test_longest_prefix_at_a_segment_border_wins(location, stores, expected):
    assert map_location(location, stores) == expected


@pytest.mark.parametrize(("location", "reason"), REFUSED)
def test_locations_that_could_mean_other_bytes_are_refused(location, reason):
    with pytest.raises(LocationError, match=reason) as caught:
        map_location(location, PROXY)
    assert not isinstance(caught.value, UnmappedLocationError)
    assert "hunter2" not in str(caught.value)
    # The same without a mapping, for a lock.
    fault = address_fault(location)
    assert fault.endswith(str(caught.value))
    assert fault.startswith("has an address that cannot be used: ")


@pytest.mark.parametrize("location", [location for location, _, _ in MAPPED])
def test_an_address_without_fault(location):
    assert address_fault(location) is None


@pytest.mark.parametrize(("location", "stores", "prefix"), UNMAPPED)
def test_a_missing_entry_is_named_with_the_prefix_that_would_cover_it(location, stores, prefix):
    with pytest.raises(UnmappedLocationError) as caught:
        map_location(location, stores)
    assert caught.value.prefix == prefix
    assert map_location(location, {prefix: "s3://bucket"}).startswith("s3://bucket/")


def test_credentials_are_not_shown():
    assert without_credentials("s3://key:secret@bucket/x") == "s3://bucket/x"
    assert without_credentials("abfss://c@account/x") == "abfss://c@account/x"
    assert without_credentials("http://u:p@ss@host/x and https://token@h/y@z") == "http://host/x and https://h/y@z"
    assert without_credentials("https://h/x?a=1&X-Amz-Signature=ab%2B&b=2") == "https://h/x?a=1&&b=2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Invalid bucket name "AKIAXX:hunter2@bucket"', 'Invalid bucket name "bucket"'),
        ("s3://AKIAXX:ab/hunter2@bucket/m is wrong", "s3://bucket/m is wrong"),
        ("AKIAXX:hunter2@bucket", "bucket"),
        ("ftp://u:hunter2@127.0.0.1:1/x, u:hunter2@h", "ftp://127.0.0.1:1/x, h"),
    ],
)
def test_credentials_are_in_no_message(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://host:5000/x@y", "http://[::1]:5000/a:b@c", "s3://bucket/a:b@c", "ask ada@example.org at 12:30",
        "pkg @ git+https://host/x@v1", "sqlite:///a:b@c",
    ],
)  # fmt: skip
def test_what_only_looks_like_credentials_is_shown(text):
    assert one_line(text) == text


SERVER = "https://mlflow.example.org"
PROXIED = "api/2.0/mlflow-artifacts/artifacts/1/x"


@pytest.mark.parametrize(
    ("location", "tracking_uri"),
    [
        ("mlflow-artifacts:/1/x", SERVER),
        ("mlflow-artifacts:///1/x", SERVER),
        ("mlflow-artifacts:/1/x", "sqlite:///mlflow.db"),
        ("mlflow-artifacts://MLflow.example.org/1/x", SERVER),
        ("mlflow-artifacts://mlflow.example.org:443/1/x", SERVER),
        ("mlflow-artifacts://localhost:5000/1/x", "http://127.0.0.1:5000/"),
        (f"{SERVER}/{PROXIED}", SERVER),
        (f"{SERVER}:443/team/{PROXIED}", f"{SERVER}/team"),
        ("s3://bucket/x", SERVER),
        ("sftp://user@elsewhere/x", SERVER),
        ("file:///x", "sqlite:///mlflow.db"),
    ],
)
def test_credentials_go_to_the_registrys_own_server(location, tracking_uri):
    require_own_server(location, tracking_uri)


@pytest.mark.parametrize(
    ("location", "tracking_uri", "reason"),
    [
        ("mlflow-artifacts://elsewhere/1/x", SERVER, "another server than https://mlflow.example.org"),
        ("mlflow-artifacts://mlflow.example.org:5000/1/x", SERVER, "another server"),
        ("mlflow-artifacts://mlflow.example.org.evil/1/x", SERVER, "another server"),
        ("mlflow-artifacts://mlflow.example.org:port/1/x", SERVER, "another server"),
        ("mlflow-artifacts://elsewhere/1/x", "sqlite:///mlflow.db", "another server"),
        (f"https://elsewhere/{PROXIED}", SERVER, "another server"),
        (f"http://mlflow.example.org:443/{PROXIED}", SERVER, "another server"),
        (f"https://mlflow.example.org\\@evil/{PROXIED}", SERVER, "another server"),
        ("http://host/m", SERVER, "no address of MLflow's artifact proxy"),
        (f"{SERVER}/m", SERVER, "no address of MLflow's artifact proxy"),
        ("mlflow-artifacts://elsewhere/1/x", "https://ada:hunter2@mlflow.example.org", "than https://mlflow.exa"),
    ],
)
def test_no_other_server_gets_them(location, tracking_uri, reason):
    with pytest.raises(LocationError, match=reason) as caught:
        require_own_server(location, tracking_uri)
    assert "hunter2" not in str(caught.value)


segments = st.lists(st.text("abcXYZ019-_.", min_size=1, max_size=6).filter(lambda text: set(text) != {"."}), max_size=6)
roots = st.sampled_from(["mlflow-artifacts:/", "mlflow-artifacts://h:1/", "file:///", "/", "https://h/", "s3://b/"])


@given(root=roots, prefix=segments, rest=segments, target=segments, slash=st.sampled_from(["", "/"]))
def test_mapping_replaces_exactly_the_prefix(root, prefix, rest, target, slash):
    key = root + "/".join(prefix) + slash
    key = f"file://{key}" if key.startswith("/") else key
    location = root + "/".join([*prefix, *rest])
    mapped = map_location(location, {key: "/".join(["s3://bucket", *target]) + slash})
    assert mapped == "/".join(["s3://bucket", *target, *rest])
    assert "//" not in mapped.removeprefix("s3://")


@given(prefix=segments.filter(bool), other=st.text("abc", min_size=1, max_size=3), rest=segments)
def test_a_longer_name_is_not_below_a_shorter_one(prefix, other, rest):
    location = "s3://bucket/" + "/".join([*prefix[:-1], prefix[-1] + other, *rest])
    assert map_location(location, {"s3://bucket/" + "/".join(prefix): "s3://elsewhere"}) == location


@given(location=st.text(max_size=40), target=st.sampled_from(["s3://bucket", "gs://bucket/a/"]))
def test_whatever_comes_out_is_readable_and_direct(location, target):
    try:
        mapped = map_location(location, {"mlflow-artifacts:/": target, "file:///": target})
    except LocationError:
        return
    assert "://" in mapped
    assert ".." not in mapped.split("/")
    assert not mapped.endswith("/") or mapped.endswith("://")
