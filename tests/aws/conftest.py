"""An account of moto for each file of tests."""

import pytest

from tests.aws.account import moto_account


@pytest.fixture(scope="module")
def account():
    """An empty account; what a test makes stays there for the others of its file."""
    with moto_account() as made:
        yield made
