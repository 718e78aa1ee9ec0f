import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.registry.digest import FileDigest, artifact_digest, digest_directory, digest_stream

EMPTY = hashlib.sha256(b"").hexdigest()


def file(path, content=b""):
    return digest_stream(path, io.BytesIO(content))


def test_golden():
    files = [file("requirements.txt", b"mlflow\n"), file("MLmodel", b"flavors: {}\n"), file("data/model.pkl", b"\x80")]
    lines = [
        b"MLmodel\x0012\x00" + hashlib.sha256(b"flavors: {}\n").hexdigest().encode() + b"\n",
        b"data/model.pkl\x001\x00" + hashlib.sha256(b"\x80").hexdigest().encode() + b"\n",
        b"requirements.txt\x007\x00" + hashlib.sha256(b"mlflow\n").hexdigest().encode() + b"\n",
    ]
    assert artifact_digest(files) == f"sha256:{hashlib.sha256(b''.join(lines)).hexdigest()}"
    assert artifact_digest(files) == "sha256:15218e3b2741bd27d9ab41b84884821b23d88a41dd0570b885e49556d0127ec2"


def test_paths_are_sorted_by_their_bytes():
    assert artifact_digest([file("é"), file("z"), file("Z")]) == artifact_digest([file("Z"), file("z"), file("é")])


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/./b", "a\0b"])
def test_only_plain_relative_paths(path):
    with pytest.raises(ValueError, match="plain segments"):
        artifact_digest([FileDigest(path=path, size=0, sha256=EMPTY)])


@pytest.mark.parametrize(("size", "sha256"), [(-1, EMPTY), (0, "ab"), (0, EMPTY.upper())])
def test_malformed_fields(size, sha256):
    with pytest.raises(ValueError, match="malformed"):
        artifact_digest([FileDigest(path="a", size=size, sha256=sha256)])


def test_no_files_and_files_given_twice():
    with pytest.raises(ValueError, match="without files"):
        artifact_digest([])
    with pytest.raises(ValueError, match="twice"):
        artifact_digest([file("a"), file("a")])


def test_a_folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    assert digest_directory(tmp_path) == artifact_digest([file("a", b"one"), file("sub/b", b"two")])


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)
trees = st.dictionaries(names, st.binary(max_size=20), min_size=1, max_size=5)


@given(tree=trees, data=st.data())
def test_order_does_not_matter(tree, data):
    files = [file(path, content) for path, content in tree.items()]
    assert artifact_digest(data.draw(st.permutations(files))) == artifact_digest(files)


@given(one=trees, other=trees)
def test_different_trees_have_different_digests(one, other):
    digests = [artifact_digest([file(*item) for item in tree.items()]) for tree in (one, other)]
    assert (digests[0] == digests[1]) == (one == other)
