"""Locks made up for tests of pure functions."""

from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts import ModelFacts
from mlplatform.registry.lock import DeploymentLock, LockEntry
from mlplatform.registry.release.location import release_uri

STORE = "s3://releases/prod"
FILES = (
    FileDigest(path="MLmodel", size=310, sha256="ab" * 32),
    FileDigest(path="data/weights.bin", size=70_000_000, sha256="cd" * 32),
    FileDigest(path="model.pkl", size=4000, sha256="ef" * 32),
)
VERSION = ModelFacts(
    registered_model="iris-classifier",
    version="3",
    alias="champion",
    model_id="m-1",
    run_id="93f39e9763ad401586af7dff5cf95803",
    experiment_id="1",
    source="models:/m-1",
    artifact_uri="mlflow-artifacts:/1/models/m-1/artifacts",
    storage_uri=release_uri(STORE, "iris-classifier", artifact_digest(FILES)),
    flavors={"sklearn": {"sklearn_version": "1.9.1", "code": None}, "python_function": {"python_version": "3.11.7"}},
    signature={
        "inputs": [{"type": "double", "name": "sepal length (cm)", "required": True}],
        "outputs": [{"type": "long"}],
        "params": None,
    },
    requirements=("mlflow==3.17.2", "scikit-learn==1.9.1"),
    python_version="3.11.7",
    mlflow_version="3.17.2",
    metrics={"f1": 0.97, "loss": 1e-05, "rounds": 40.0},
    params={"max_depth": "4", "bootstrap": "no", "note": "a: b # c"},
    tags={"approved": "yes"},
    created_at=1_763_629_800_120,
    created_by="ada",
    digest=artifact_digest(FILES),
    size=70_004_310,
)


def entry(**changes):
    return LockEntry(version=VERSION.model_copy(update=changes), files=FILES)


def lock(deployment="iris", stack="prod", **changes):
    return DeploymentLock(stack=stack, deployment=deployment, variants={"default": entry(**changes)})
