"""Fixtures for all rooms, the order of the tests, and how generated examples are chosen."""

import os

from hypothesis import HealthCheck, settings

from tests.control_plane import binaries, control_plane, control_plane_with_crds, namespace

__all__ = ["binaries", "control_plane", "control_plane_with_crds", "namespace"]

# The same examples on every machine and in every run, whatever time they take: a change that breaks a test shows in the
# change's own run. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Today, for every test and what it starts (settings.clock): 2026-11-21.
os.environ["SOURCE_DATE_EPOCH"] = "1795219200"

# Minutes of one worker: begun last, they would leave the other one idle.
LONGEST = ("tests/platform/test_life.py", "tests/registry/lock/test_killed.py")


def pytest_collection_modifyitems(items):
    """Begin with the longest tests; all others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
