"""Fixtures for all rooms, what the workers of a run share, the order of the tests, and how examples are chosen."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import markers, services, warm
from tests.control_plane import binaries, control_plane, control_plane_with_crds, namespace, schemas
from tests.object_stores import s3_process, s3_server
from tests.properties import PROFILE, examples
from tests.servers import dead_uri, registry_uri

__all__ = [
    "binaries", "control_plane", "control_plane_with_crds", "dead_uri", "namespace", "registry_uri", "s3_process",
    "s3_server", "schemas",
]  # fmt: skip

# The same examples on every machine and in every run, whatever time they take: a change that breaks a test shows in the
# change's own run. HYPOTHESIS_PROFILE=full takes more of them (`make test-all`), HYPOTHESIS_PROFILE=search other ones.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, max_examples=examples(100), **_PATIENT)
settings.register_profile("full", derandomize=True, max_examples=examples(100), **_PATIENT)
settings.register_profile("search", max_examples=examples(100), **_PATIENT)
settings.load_profile(PROFILE)

# Today, for every test and what it starts (config.clock): 2026-11-21.
os.environ["SOURCE_DATE_EPOCH"] = "1795219200"


@pytest.fixture(scope="session", autouse=True)
def _warm_programs():
    with warm.programs(warm=True):
        yield


def pytest_configure(config):
    """Make the folder that the workers share, once."""
    if not hasattr(config, "workerinput"):
        os.environ[services.FOLDER] = tempfile.mkdtemp(prefix="mlplatform-tests-")
        os.environ[services.OWNER] = str(os.getpid())


def pytest_unconfigure(config):
    """Stop what the workers shared."""
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ[services.FOLDER])
        services.stop_all(folder)
        shutil.rmtree(folder, ignore_errors=True)


# Before xdist reads the groups: a plug-in that is registered after this file would be called first.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Give each test its kind, for ``-m``, and its group, for the workers."""
    markers.assign(items)
