"""Every test is of a kind, so that no target leaves it out."""

import os

import pytest

from tests.markers import KINDS, LONGEST, ROOT, SPREAD, group_of, kind_of


def test_every_test_of_this_run_has_one_kind(request):
    for item in request.session.items:
        kinds = {marker.name for marker in item.iter_markers()} & set(KINDS)
        assert len(kinds) == 1, f"{item.nodeid}: {kinds}"


class Item:
    """What is asked of a test."""

    def __init__(self, file, *fixtures):
        self.path, self.fixturenames, self.nodeid = ROOT / file, fixtures, f"{file}::test_a[b@c]"


@pytest.mark.parametrize(
    ("item", "kind", "group"),
    [
        (Item("tests/config/test_load.py", "tmp_path"), "unit", "tests/config/test_load.py"),
        (Item("tests/cli/test_project.py", "project", "registry_uri"), "server", "tests/cli/test_project.py"),
        (Item("tests/platform/test_rows.py", "registry_uri", "binaries"), "cluster", "tests/platform/test_rows.py"),
        (Item("tests/engine/test_real_engine.py", "registry_uri"), "engine", "tests/engine/test_real_engine.py"),
        (Item("tests/aws/test_prod.py", "prod"), "server", "prod"),
        (Item("tests/cli/test_validate.py", "control_plane", "binaries"), "cluster", "control_plane"),
        (Item("tests/registry/lock/test_served.py"), "unit", "tests/registry/lock/test_served.py::test_a[b-c]"),
    ],
)
def test_kind_and_group(item, kind, group):
    assert (kind_of(item), group_of(item)) == (kind, group)


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process takes all tests")
def test_the_group_reaches_the_worker(request):
    """Without, every worker makes what is made once for a group: that only takes time, so nobody would notice."""
    assert request.node.nodeid.endswith("@tests/test_markers.py")


def test_files_that_are_named_are_there():
    assert [name for name in (*LONGEST, *SPREAD) if not (ROOT / name).exists()] == []
