"""The desired states of the dev and the prod stack and their variants, each made once a run."""

import functools

import pytest

from tests.platform.stacks import PROD, VARIANTS, state_of
from tests.services import once_a_run


@pytest.fixture(scope="session")
def state_of_variant(tmp_path_factory, registry_uri):
    @functools.cache
    def state(name):
        stack = "prod" if name in PROD else "dev"

        def make():
            return state_of(tmp_path_factory.mktemp(name), VARIANTS[name], registry_uri, stack=stack)

        return once_a_run(f"state-{name}", make)

    return state
