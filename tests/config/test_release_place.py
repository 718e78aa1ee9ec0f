"""Where releases lie: bucket and prefix stand in policy documents, so nothing in them may mean more than it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlplatform.config import ReleaseStoreSection

BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True)
FOLDERS = st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), max_size=4)


def place(uri):
    return ReleaseStoreSection.model_validate({"uri": uri})


@given(bucket=BUCKETS, folders=FOLDERS, slash=st.booleans())
def test_bucket_and_prefix(bucket, folders, slash):
    store = place("/".join(["s3:/", bucket, *folders]) + ("/" if slash else ""))
    assert store.bucket == bucket
    assert store.prefix == "".join(f"{folder}/" for folder in folders)
    assert store.uri == f"s3://{bucket}/{store.prefix}".rstrip("/")


@given(st.text(alphabet="s3:/ab-_.*?${}%\\ \n\t@#é\0", max_size=30))
def test_what_is_accepted_is_plain(text):
    try:
        store = place(f"s3://bucket/{text}")
    except ValidationError:
        return
    assert set(store.uri.removeprefix("s3://")) <= set("s3:/ab-_.") | set("bucket")
    assert not set(store.uri.removeprefix("s3://").split("/")) & {"", ".", ".."}


@pytest.mark.parametrize(
    "uri",
    [
        "s3://", "s3:///prefix", "s3://ab", f"s3://{'b' * 64}", "s3://bucket..name", "s3://-bucket", "s3://bucket-",
        "s3://bucket:9000/prefix", "s3://bucket//prefix", "s3://bucket/prefix//", "s3://bucket/a/../b", "s3://bucket/.",
        "s3://bucket/a\n", "S3://bucket", "s3:bucket/prefix", "bucket/prefix", "arn:aws:s3:::bucket", " s3://bucket",
        "https://bucket.s3.amazonaws.com/prefix", "s3://bucket/${aws:username}", "s3://bucket/a b", "",
    ],
)  # fmt: skip
def test_what_is_no_place(uri):
    with pytest.raises(ValidationError):
        place(uri)
