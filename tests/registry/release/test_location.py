"""Where a release lies."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.registry.release.location import model_folder, release_uri, store_location

DIGEST = "sha256:" + "ab" * 32
NAMES = st.text(min_size=1, max_size=300)
PLAIN = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", fullmatch=True)


def test_release_uri_has_the_documented_form():
    assert release_uri("s3://models/prod", "iris-classifier", DIGEST) == (
        f"s3://models/prod/iris-classifier/sha256-{'ab' * 32}"
    )


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("iris_v1.2-A", "iris_v1.2-A"),
        ("main.ml.iris model", "main.ml.iris-model-1ba557be"),
        ("Modèle/ü", "Modele-u-540d549b"),
        ("☃", "model-51643361"),
        (".hidden", "hidden-16924190"),
        ("..", "model-5ec1f7e7"),
    ],
)
def test_folder_stays_the_same_for_a_name(name, folder):
    assert model_folder(name) == folder


@given(PLAIN)
def test_plain_name_is_its_own_folder(name):
    assert model_folder(name) == name


@given(NAMES)
def test_every_name_has_a_folder_of_one_plain_segment(name):
    folder = model_folder(name)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", folder)
    assert len(folder) <= max(69, len(name))


@given(NAMES, NAMES)
def test_names_that_need_a_hash_never_share_a_folder(one, other):
    # A name may be spelled like another's folder; then the digests below still tell the releases apart.
    if one != other and model_folder(one) == model_folder(other):
        assert model_folder(one) in {one, other}


@given(NAMES, st.binary(min_size=32, max_size=32), st.sampled_from(["s3://b", "s3://b/p", "s3://b/p/q", "s3://b/p/"]))
def test_release_uri_is_a_place_below_the_store(name, digest, store):
    uri = release_uri(store, name, f"sha256:{digest.hex()}")
    assert uri.startswith(store.rstrip("/") + "/")
    assert not uri.endswith("/")
    location = store_location(uri)
    assert location.shown() == uri
    assert location.bucket == "b"
    assert location.prefix.startswith(store_location(store).prefix)
    assert "//" not in location.key("MLmodel")
    assert ":" not in location.prefix


@given(st.text(max_size=80).filter(lambda text: not re.fullmatch(r"sha256:[0-9a-f]{64}", text)))
def test_no_release_without_a_digest(text):
    with pytest.raises(ValueError, match="digest"):
        release_uri("s3://b", "iris", text)


@pytest.mark.parametrize("uri", ["", "models/prod", "https://b/p", "s3://", "s3:///p", "s3://b/p?versionId=1"])
def test_place_needs_a_bucket(uri):
    with pytest.raises(ValueError, match="s3://"):
        store_location(uri)
