"""InferenceServices: golden, and against the real CRD schema."""

from pathlib import Path

import pytest

from components.serving.facts import model_facts
from components.serving.inference_service import inference_service
from mlplatform.config.parts.kserve import ServingRuntime
from tests.crd_schemas import assert_valid
from tests.golden import assert_golden

HERE = Path(__file__).parent


@pytest.fixture
def kserve(model, version):
    return lambda **changes: inference_service(model(**changes), version, service_account="model-reader")


def test_inference_service(kserve):
    manifest = kserve()
    assert_golden(HERE, "inference-service", manifest)
    assert_valid(manifest)


@pytest.mark.parametrize(("name", "protocol"), [("own", "v1"), ("of-the-cluster", "v2"), ("auto", "v2")])
def test_inference_service_with_a_runtime_of_its_own(model, version, name, protocol):
    own = ServingRuntime.model_validate(
        {"name": "own", "image": "registry.example.org/own:1.0", "formats": {"mlflow": "3"}, "protocol": "v1"}
    )
    asked = model(runtime=name)
    manifest = inference_service(asked, version, service_account="model-reader", runtimes=(own,))
    served = manifest["spec"]["predictor"]["model"]
    shown = "kserve-mlserver" if name == "auto" else name
    assert (served["runtime"], served["protocolVersion"]) == (shown, protocol)
    assert served["modelFormat"] == {"name": "mlflow"}
    assert model_facts(asked, version)["runtime"] == shown
    assert_valid(manifest)


def test_inference_service_scaled_to_zero(kserve):
    manifest = kserve(minReplicas=0, maxReplicas=None)
    assert manifest["spec"]["predictor"]["minReplicas"] == 0
    assert manifest["spec"]["predictor"]["maxReplicas"] == 1
    assert_valid(manifest)


def test_inference_service_with_gpu(kserve):
    manifest = kserve(
        resources={"requests": {"cpu": 1, "memory": "4Gi"}, "limits": {"memory": "4Gi", "nvidia.com/gpu": 1}}
    )
    assert manifest["spec"]["predictor"]["model"]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert_valid(manifest)


@pytest.mark.parametrize(
    ("resources", "limit"),
    [
        ({"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}, "1"),
        ({"requests": {"cpu": "2500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}, "2500m"),
        ({"requests": {"cpu": 2, "memory": "1Gi"}, "limits": {"cpu": 4, "memory": "2Gi"}}, "4"),
        ({}, "1"),
    ],
)
def test_cpu_limit_never_comes_from_the_runtime(kserve, resources, limit):
    assert kserve(resources=resources)["spec"]["predictor"]["model"]["resources"]["limits"]["cpu"] == limit
