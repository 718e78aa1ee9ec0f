"""Accounts of moto, one for each kind of tests."""

import pytest

from tests.aws.account import moto_account


@pytest.fixture(scope="session")
def account():
    """The account of the small programs; what a test makes stays there."""
    with moto_account("111122223333") as made:
        yield made
