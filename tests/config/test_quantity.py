from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500m", Decimal("0.5")),
        ("2", Decimal(2)),
        ("0.5", Decimal("0.5")),
        (".5", Decimal("0.5")),
        ("1Gi", Decimal(2**30)),
        ("1G", Decimal(10**9)),
        ("1e3", Decimal(1000)),
        ("1E3", Decimal(1000)),
        ("1E", Decimal(10**18)),
        ("100n", Decimal("1e-7")),
    ],
)
def test_amounts(text, amount):
    assert parse_quantity(text) == amount


@pytest.mark.parametrize("text", ["", "1GB", "one", "-1", "1 Gi", "1e", "1e999", "Gi", "1.2.3", "٣"])
def test_what_is_no_quantity(text):
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["9223372036854775808", "99999999999999999999", "10E", "8Ei", "1e99", "9" * 5_000])
def test_what_is_more_than_the_api_holds(text):
    assert parse_quantity("9223372036854775807") == 2**63 - 1
    with pytest.raises(ValueError, match=r"more than Kubernetes can hold \(2\^63 - 1\)"):
        parse_quantity(text)


@given(st.integers(0, 9 * 10**6), st.sampled_from(["", "k", "M", "G"]))
def test_a_larger_suffix_is_a_larger_amount(number, suffix):
    larger = {"": "k", "k": "M", "M": "G", "G": "T"}[suffix]
    assert parse_quantity(f"{number}{larger}") == parse_quantity(f"{number}{suffix}") * 1000


@given(st.integers(0, 10**9))
def test_binary_suffixes_are_powers_of_1024(number):
    assert parse_quantity(f"{number}Mi") == parse_quantity(f"{number}Ki") * 1024
