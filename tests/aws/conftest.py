"""Accounts of moto, one for each kind of tests."""

import pytest

from tests.aws.account import moto_account
from tests.aws.prod import ALONE, prod_in_moto, prod_project


@pytest.fixture(scope="session")
def account():
    """The account of the small programs; what a test makes stays there."""
    with moto_account("111122223333") as made:
        yield made


@pytest.fixture(scope="session")
def prod(tmp_path_factory):
    """All of prod's AWS resources, made once a worker; tests change nothing of it."""
    with prod_in_moto(prod_project(tmp_path_factory.mktemp("prod") / "project", ALONE)) as made:
        yield made
