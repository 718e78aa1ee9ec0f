"""How files are cut into parts, and the checksum over the parts."""

import base64
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.registry.release import parts

LIMIT_OF_S3 = 5 * 1024**4


@pytest.fixture(autouse=True)
def _real_sizes(monkeypatch, _small_parts):
    monkeypatch.undo()


@given(st.integers(min_value=1, max_value=LIMIT_OF_S3))
def test_parts_cover_the_file_once_and_fit_into_s3(size):
    cut = parts.cut(size)
    assert [part.number for part in cut] == list(range(1, len(cut) + 1))
    assert cut[0].offset == 0
    assert all(one.offset + one.size == other.offset for one, other in itertools.pairwise(cut))
    assert cut[-1].offset + cut[-1].size == size
    assert len(cut) <= 10_000
    assert all(part.size >= 5 * parts.MIB for part in cut[:-1])
    assert cut[-1].size > 0


def test_ordinary_files_have_parts_of_16_mib_and_huge_ones_larger_parts():
    assert {part.size for part in parts.cut(64 * parts.MIB)} == {16 * parts.MIB}
    assert parts.cut(1024**4)[0].size == 105 * parts.MIB


def test_files_up_to_16_mib_are_sent_whole():
    assert not parts.is_large(16 * parts.MIB)
    assert parts.is_large(16 * parts.MIB + 1)


def test_checksum_over_parts_is_the_one_of_s3():
    # As a real MinIO answered for parts of 5 MiB of "a" and 100 bytes of "b".
    sums = [hashlib.sha256(content).digest() for content in (b"a" * 5 * parts.MIB, b"b" * 100)]
    assert parts.composite(sums) == "7n1ZEEGpZyRgQtPvGMqYL80UbaFJA89T+2OobG6XQAs=-2"


@given(st.binary(min_size=32, max_size=32))
def test_sha256_is_written_in_base64(digest):
    assert base64.b64decode(parts.encoded(digest)) == digest
