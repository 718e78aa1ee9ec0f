"""Every secret that the dev stack generates can be rotated, and nothing else."""

from mlplatform.config.rules.rotations import GENERATED
from tests.platform.stacks import state_of

# Without models nobody asks the registry.
NO_MODELS = {"models": [], "training": []}
# What generates something: MinIO with and without a user for training, and one for releases.
RELEASES = {"uri": "s3://model-releases/dev", "endpoint": "http://127.0.0.1:9000"}
VARIANTS = {
    "proxied": {},
    "direct": {"mlflow.artifacts.access": "direct"},
    "released": {"mlflow.artifacts.access": "direct", "releaseStore": RELEASES},
}


def passwords(state):
    return {
        resource.name for resource in state.resources if resource.type == "random:index/randomPassword:RandomPassword"
    }


def test_generated_secrets_are_those_that_rotations_knows(tmp_path):
    found = {
        variant: passwords(state_of(tmp_path / variant, {**NO_MODELS, **changes}, "http://127.0.0.1:1"))
        for variant, changes in VARIANTS.items()
    }
    assert found["proxied"] < found["direct"] < found["released"] == set(GENERATED)


def test_a_rotation_makes_another_password(tmp_path):
    state = state_of(tmp_path / "rotated", {**NO_MODELS, "rotations": {"mlflow-admin": 2}}, "http://127.0.0.1:1")
    (admin,) = [
        resource for resource in state.resources if resource.name == "mlflow-admin" and "random" in resource.type
    ]
    assert admin.inputs["keepers"] == {"rotation": "2"}
