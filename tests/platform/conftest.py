"""The desired states of the dev stack and its variants, each made once a worker."""

import pytest

from tests.platform.stacks import VARIANTS, state_of
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
            made[name] = state_of(tmp_path_factory.mktemp(name), VARIANTS[name], registry_uri)
        return made[name]

    return state
