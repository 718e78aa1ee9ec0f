"""What a release store changes in a stack with a MinIO of its own: seen in the states of the whole program."""

import json

import pytest

from tests.components.test_rotations import NO_MODELS, RELEASES
from tests.platform.stacks import state_of

CHANGES = {
    "none": {},
    "live": {"releaseStore": RELEASES},
    "locked": {"releaseStore": RELEASES, "registry.mode": "locked"},
    "elsewhere": {
        "objectStore": {"region": "eu-central-1"},
        "releaseStore": {"uri": "s3://model-releases/dev", "region": "eu-central-1"},
    },
    "without": {"objectStore": {"region": "eu-central-1"}},
    "rotated": {"releaseStore": RELEASES, "rotations": {"minio-releaser": 2}},
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a function that gives type and name of each resource -> its inputs, computed once."""
    known = {}

    def of(variant):
        if variant not in known:
            folder = tmp_path_factory.mktemp(variant)
            state = state_of(folder, {**NO_MODELS, **CHANGES[variant]}, "http://127.0.0.1:1")
            known[variant] = {
                f"{resource.type.rpartition(':')[2]}/{resource.name}": json.dumps(resource.inputs, default=str)
                for resource in state.resources
            }
        return known[variant]

    return of


def changed(before, after):
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


# The Job and its files; nothing that MLflow or a database restarts for.
SETUP = {"ConfigMap/minio-scripts", "ConfigMap/minio-policies", "Job/minio-setup"}
RELEASER = {"RandomPassword/minio-releaser", "Secret/minio-releaser-keys"}


def test_a_release_store_adds_one_user_and_runs_the_setup_again(inputs):
    assert changed(inputs("none"), inputs("live")) == SETUP | RELEASER


def test_locking_changes_what_model_servers_may_read_and_nothing_else(inputs):
    found = changed(inputs("live"), inputs("locked"))
    # The component of the models says which mode it is.
    assert found - {"ModelDeployments/models"} == {"ConfigMap/minio-policies", "Job/minio-setup"}


def test_a_release_store_elsewhere_is_none_of_minios_business(inputs):
    assert changed(inputs("without"), inputs("elsewhere")) == set()


def test_the_releasers_key_rotates_without_a_restart(inputs):
    assert changed(inputs("live"), inputs("rotated")) == {"RandomPassword/minio-releaser", "Job/minio-setup"}


def test_the_policies_are_those_of_the_bucket_and_prefix(inputs):
    policies = json.loads(inputs("locked")["ConfigMap/minio-policies"])["data"]
    places = {
        name: {place for statement in json.loads(text)["Statement"] for place in statement["Resource"]}
        for name, text in policies.items()
    }
    releases = {"arn:aws:s3:::model-releases", "arn:aws:s3:::model-releases/dev/*"}
    assert places["model-reader.json"] == places["releaser.json"] == releases
    assert places["mlflow.json"] == {"arn:aws:s3:::mlflow-artifacts", "arn:aws:s3:::mlflow-artifacts/*"}
