"""Fixtures for all rooms."""

from tests.control_plane import binaries, control_plane, control_plane_with_crds, namespace

__all__ = ["binaries", "control_plane", "control_plane_with_crds", "namespace"]

# Minutes of one worker: begun last, they would leave the other one idle.
LONGEST = ("tests/platform/test_life.py", "tests/registry/lock/test_killed.py")


def pytest_collection_modifyitems(items):
    """Begin with the longest tests; all others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
