import pytest

from components.kubernetes.object_stores import ObjectStore
from mlplatform.config import Model, ObjectStoreSection
from mlplatform.registry.facts import ModelFacts


@pytest.fixture
def version():
    return ModelFacts(
        registered_model="iris-classifier",
        version="2",
        alias="champion",
        model_id="m-0123456789abcdef0123456789abcdef",
        run_id="0123456789abcdef0123456789abcdef",
        source="models:/m-0123456789abcdef0123456789abcdef",
        artifact_uri="mlflow-artifacts:/1/models/m-0123456789abcdef0123456789abcdef/artifacts",
        storage_uri="s3://mlflow-artifacts/1/models/m-0123456789abcdef0123456789abcdef/artifacts",
        flavors={"python_function": {}, "sklearn": {"sklearn_version": "1.9.1"}},
        signature={"inputs": [{"name": "x", "type": "double"}], "outputs": [{"type": "long"}], "params": None},
        requirements=("scikit-learn==1.9.1", "mlflow==3.17.2"),
        python_version="3.11.7",
        mlflow_version="3.17.2",
        metrics={"f1": 0.9, "accuracy": 0.95},
        params={"C": "1.0"},
        tags={"team": "flowers", "mlflow.user": "jo"},
        created_at=1_700_000_000_000,
        created_by="jo",
        digest="sha256:" + "a" * 64,
    )


@pytest.fixture
def model():
    def build(**changes):
        values = {
            "name": "iris",
            "registeredModel": "iris-classifier",
            "alias": "champion",
            "serving": "kserve",
            "namespace": "models",
            "minReplicas": 1,
            "maxReplicas": 3,
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        }
        return Model.model_validate({**values, **changes})

    return build


@pytest.fixture
def store():
    def build(**changes):
        return ObjectStore.from_settings(ObjectStoreSection.model_validate(changes))

    return build
