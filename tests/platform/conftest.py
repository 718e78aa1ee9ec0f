"""The desired states of the dev and the prod stack and their variants, each made once a worker."""

import pytest

from tests.platform.stacks import PROD, VARIANTS, state_of
from tests.servers import sample_registry


@pytest.fixture(scope="session")
def registry_uri(tmp_path_factory):
    with sample_registry(tmp_path_factory.mktemp("platform-registry")) as uri:
        yield uri


@pytest.fixture(scope="session")
def state_of_variant(tmp_path_factory, registry_uri):
    made = {}

    def state(name):
        if name not in made:
            stack = "prod" if name in PROD else "dev"
            made[name] = state_of(tmp_path_factory.mktemp(name), VARIANTS[name], registry_uri, stack=stack)
        return made[name]

    return state
