"""A restore (docs/runbooks/backup-and-restore.md) on the dev stack: a database of another name beside the old one."""

import pytest

from tests.platform.stacks import state_of

BEFORE = {"mlflow.database": {"name": "mlflow-db", "backup": {"retentionDays": 7}}}
RESTORED = {
    "mlflow.database": {
        "name": "mlflow-db-2",
        "backup": {"retentionDays": 7},
        "restore": {"cluster": "mlflow-db", "targetTime": "2026-11-20 10:00:00+00"},
    }
}


def objects(state):
    """Return the cluster's objects: URN -> (apiVersion, kind, namespace, name)."""
    found = {}
    for resource in state.resources:
        metadata = resource.inputs.get("metadata")
        if resource.type.startswith("kubernetes:") and isinstance(metadata, dict) and metadata.get("name"):
            inputs = resource.inputs
            kind = inputs.get("kind") or resource.type.rpartition(":")[2]
            version = inputs.get("apiVersion") or resource.type.split(":")[1]
            found[resource.urn] = (version, kind, metadata.get("namespace"), metadata["name"])
    return found


@pytest.fixture(scope="module")
def states(tmp_path_factory, registry_uri):
    return [state_of(tmp_path_factory.mktemp("restore"), changes, registry_uri) for changes in (BEFORE, RESTORED)]


def test_no_object_moves_from_one_urn_to_another(states):
    """Pulumi creates first and deletes last: an object under a new URN would be refused, or taken over and deleted."""
    before, after = (objects(state) for state in states)
    vanishing = {urn: key for urn, key in before.items() if urn not in after}
    appearing = {urn: key for urn, key in after.items() if urn not in before}
    assert not set(vanishing.values()) & set(appearing.values())
    names = {name for _, kind, _, name in appearing.values() if kind == "Cluster"}
    assert names == {"mlflow-db-2"}
    # What holds the old database's data vanishes from the stack; nothing else of it does.
    kinds = {kind for _, kind, _, _ in vanishing.values()}
    assert {"Cluster", "ObjectStore", "ScheduledBackup"} <= kinds
    assert "Secret" not in kinds


def test_every_object_has_one_urn(states):
    for state in states:
        keys = list(objects(state).values())
        assert len(keys) == len(set(keys))
