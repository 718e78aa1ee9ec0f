"""Documents are split so that each has the size that IAM takes, and together say what one would."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.iam import size


def build(items):
    return {"Version": "2012-10-17", "Statement": [{"Resource": list(items)}]}


def test_white_space_does_not_count():
    policy = build(["a", "b"])
    assert size.length(policy) == len("".join(json.dumps(policy, indent=4).split()))


@given(st.lists(st.text("abc-", min_size=1, max_size=40), max_size=60), st.integers(100, 400))
def test_all_items_in_order_each_document_below_the_limit(items, limit):
    documents = size.split(items, build, limit)
    assert [item for each in documents for item in each["Statement"][0]["Resource"]] == items
    assert all(size.length(each) <= limit for each in documents)


@given(st.lists(st.text("abc-", min_size=1, max_size=40), min_size=1, max_size=60), st.integers(100, 400))
def test_no_two_neighbours_would_fit_into_one(items, limit):
    documents = size.split(items, build, limit)
    for one, other in pairwise(documents):
        first = other["Statement"][0]["Resource"][0]
        assert size.length(build([*one["Statement"][0]["Resource"], first])) > limit


def test_nothing_to_say_takes_no_document():
    assert size.split([], build) == []


@pytest.mark.parametrize("items", [["x" * 200], ["a", "x" * 200], ["x" * 200, "a"]])
def test_an_item_that_is_too_long_is_refused(items):
    with pytest.raises(ValueError, match="more than the 100 characters"):
        size.split(items, build, 100)
