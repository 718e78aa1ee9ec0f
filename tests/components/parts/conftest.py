import functools

import pytest

from mlplatform.config import parse_settings
from tests.components.parts import project


@pytest.fixture(scope="session")
def state_of(tmp_path_factory):
    """Return the desired state of a variant, made once."""

    @functools.cache
    def state(variant):
        return project.state_of(tmp_path_factory.mktemp(variant), variant)

    return state


@pytest.fixture
def settings_of():
    """Return a variant's settings, with some top-level keys changed."""

    def settings(variant, **changes):
        return parse_settings({**project.config(variant), **changes}, file="Pulumi.case.yaml")

    return settings
