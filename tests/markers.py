"""Which marker and which group a test gets, from what it uses. Pure but for the items themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Fixtures that start, or join, a server: MLflow, S3, AWS as moto plays it.
SERVERS = frozenset({"account", "minio_process", "prod", "registry_uri", "s3_process", "server"})
# What every test with an API server uses.
CLUSTER = "binaries"
KINDS = ("unit", "server", "cluster", "engine")
# Begun last, these would leave the other worker idle.
LONGEST = (
    "tests/platform/test_life.py",
    "tests/platform/test_api_server.py",
    "tests/components/mlflow/test_server_runs.py",
    "tests/aws/",
    "tests/registry/test_embedded.py",
    "tests/registry/test_faults.py",
    "tests/registry/lock/",
    "tests/cli/",
)
# Files whose tests share nothing that is made for the file: any worker may take any of them.
SPREAD = (
    "tests/cli/test_lock.py",
    "tests/cli/test_models.py",
    "tests/cli/test_preview.py",
    "tests/cli/test_validate.py",
    "tests/registry/lock/test_killed.py",
    "tests/registry/lock/test_locking.py",
    "tests/registry/lock/test_origin.py",
    "tests/registry/lock/test_partial_answers.py",
    "tests/registry/lock/test_served.py",
    "tests/registry/test_faults.py",
    "tests/review/test_markdown.py",
    "tests/review/models/test_signature_mlflow.py",
)
# Fixtures of a session of which a run has one: all tests that use one go to the same worker.
JOINED = ("control_plane", "prod", "account")


def assign(items: list[pytest.Item]) -> None:
    """Give each test its kind and its group, and begin with the longest; all others keep their order."""
    for item in items:
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker(kind_of(item))
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    ranks = {path: rank for rank, path in enumerate(LONGEST)}
    items.sort(key=lambda item: next((ranks[path] for path in LONGEST if item.nodeid.startswith(path)), len(ranks)))


def kind_of(item: pytest.Item) -> str:
    """Return the kind of a test that does not say it itself."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if item.path.is_relative_to(ROOT / "tests" / "engine"):
        return "engine"
    if CLUSTER in fixtures:
        return "cluster"
    return "server" if fixtures & SERVERS else "unit"


def group_of(item: pytest.Item) -> str:
    """Return what all tests that go to the same worker have in common: their file, as a rule."""
    file = item.nodeid.partition("::")[0]
    joined = next((fixture for fixture in JOINED if fixture in getattr(item, "fixturenames", ())), None)
    # A group's name is what xdist finds behind the last "@" of a node id.
    return joined or (item.nodeid.replace("@", "-") if file in SPREAD else file)
