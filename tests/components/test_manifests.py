"""Golden manifests, and the same objects against the real CRD schemas."""

import dataclasses
import json
import math
import os
import sys
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.kubernetes.object_stores import (
    StoreKeys,
    kserve_annotations,
    rclone_settings,
    secret_name,
    service_account_annotations,
)
from components.serving.facts import immutable_annotations, model_facts
from components.serving.inference_service import inference_service
from components.serving.seldon_deployment import seldon_deployment
from components.serving.storage import unreadable_models
from mlplatform.config import Model
from mlplatform.config.parts.kserve import ServingRuntime
from tests.crd_schemas import assert_valid

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(name, manifest):
    """Compare with the golden file; UPDATE_GOLDEN=1 writes it anew, to be read in the diff."""
    text = json.dumps(manifest, indent=2) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture
def kserve(model, version):
    return lambda **changes: inference_service(model(**changes), version, service_account="model-reader")


@pytest.fixture
def seldon(model, version):
    return lambda **changes: seldon_deployment(
        model(serving="seldon", **changes), version, service_account="model-reader", store_secret="model-store-rclone"
    )


def test_inference_service(kserve):
    manifest = kserve()
    assert_golden("inference-service", manifest)
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


def test_seldon_deployment(seldon):
    manifest = seldon()
    assert_golden("seldon-deployment", manifest)
    assert_valid(manifest)


def test_seldon_deployment_without_autoscaling_has_fixed_replicas(seldon):
    manifest = seldon(minReplicas=2, maxReplicas=None)
    predictor = manifest["spec"]["predictors"][0]
    assert predictor["replicas"] == 2
    assert "hpaSpec" not in predictor["componentSpecs"][0]
    assert_valid(manifest)


def test_seldon_container_is_named_like_the_node_of_the_graph(seldon):
    predictor = seldon()["spec"]["predictors"][0]
    assert predictor["componentSpecs"][0]["spec"]["containers"][0]["name"] == predictor["graph"]["name"]


def test_the_crd_check_can_fail(kserve, seldon):
    for manifest, path in ((kserve(), ("predictor",)), (seldon(), ("predictors", 0))):
        place = manifest["spec"]
        for part in path:
            place = place[part]
        # The usual mistakes: resources directly under the predictor, a field that nobody knows.
        place["rescources"] = {}
        with pytest.raises(AssertionError, match="rescources"):
            assert_valid(manifest)


def test_annotations_hold_immutable_facts_only(version):
    moved = version.model_copy(update={"alias": "challenger", "tags": {"team": "other"}, "metrics": {}})
    assert immutable_annotations(moved) == immutable_annotations(version)


def test_annotations_leave_out_what_is_not_known(version):
    old = version.model_copy(update={"model_id": None, "digest": None})
    assert set(immutable_annotations(old)) == {
        "mlplatform.dev/registered-model",
        "mlplatform.dev/version",
        "mlplatform.dev/run-id",
    }


def test_facts(model, version):
    assert_golden("model-facts", model_facts(model(), version))


def test_facts_of_a_model_without_flavor_signature_and_requirements(model, version):
    bare = version.model_copy(update={"flavors": {"python_function": {}}, "signature": None, "requirements": None})
    facts = model_facts(model(), bare)
    assert facts["flavor"] == "python_function"
    assert not {"signature", "requirements", "requirementsDigest"} & set(facts)


def test_requirements_digest_ignores_the_order_of_lines(model, version):
    turned = version.model_copy(update={"requirements": tuple(reversed(version.requirements))})
    assert model_facts(model(), turned)["requirementsDigest"] == model_facts(model(), version)["requirementsDigest"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, 0.5), (math.nan, "NaN"), (math.inf, "Infinity"), (-sys.float_info.max, "-Infinity")],
)
def test_metrics_that_json_cannot_hold_are_texts(model, version, value, shown):
    odd = version.model_copy(update={"metrics": {"loss": value}})
    assert model_facts(model(), odd)["metrics"] == {"loss": shown}


def test_facts_are_what_json_can_hold_whatever_the_model_says(model, version):
    parameter = {"name": "eps", "type": "double", "default": math.nan, "shape": (-1, 2)}
    odd = version.model_copy(
        update={
            "signature": MappingProxyType({"inputs": None, "outputs": [], "params": [parameter]}),
            "metrics": {"loss": math.nan, "n": 3},
            "size": 2**53,
            "created_at": 0,
        }
    )
    facts = model_facts(model(), odd)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["signature"]["params"] == [{"name": "eps", "type": "double", "default": "NaN", "shape": [-1, 2]}]
    assert (facts["size"], facts["createdAt"]) == (2**53, "1970-01-01T00:00:00.000Z")
    # The same version gives the same facts, in whatever order its own come.
    turned = version.model_copy(
        update={"metrics": dict(reversed(version.metrics.items())), "tags": dict(reversed(version.tags.items()))}
    )
    assert json.dumps(model_facts(model(), turned)) == json.dumps(model_facts(model(), version))


def test_engine_that_cannot_read_the_store(model, version):
    there = version.model_copy(update={"storage_uri": "gs://models/iris/1"})
    models = (model(), model(name="iris-2", serving="seldon"))
    problems = list(unreadable_models(models, {"iris": there, "iris-2": there}, file="Pulumi.dev.yaml"))
    assert [str(problem) for problem in problems] == [
        "Pulumi.dev.yaml: models[1].serving: seldon cannot read gs://models/iris/1; it reads s3://"
    ]


def test_a_role_needs_no_secret_in_kserve(store):
    role = store(roleArn="arn:aws:iam::123456789012:role/models")
    assert secret_name(role, "kserve") is None
    assert secret_name(role, "seldon") == "model-store-rclone"
    assert service_account_annotations(role) == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/models"}
    with_region = store(roleArn="arn:aws:iam::123456789012:role/models", region="eu-central-1")
    assert service_account_annotations(with_region)["serving.kserve.io/s3-region"] == "eu-central-1"


def test_existing_secret_serves_both_engines(store):
    existing = store(existingSecret="minio")
    assert {secret_name(existing, "kserve"), secret_name(existing, "seldon")} == {"minio"}


def test_minio_endpoint_for_kserve_is_host_and_port(store):
    annotations = kserve_annotations(store(endpoint="https://minio.example.org:9000", region="eu"))
    assert annotations == {
        "serving.kserve.io/s3-endpoint": "minio.example.org:9000",
        "serving.kserve.io/s3-usehttps": "1",
        "serving.kserve.io/s3-region": "eu",
    }


def test_rclone_settings(store):
    assert rclone_settings(store(region="eu")) == {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "AWS",
        "RCLONE_CONFIG_S3_ENV_AUTH": "true",
        "RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION": "aws:kms",
        "RCLONE_CONFIG_S3_REGION": "eu",
    }
    minio = dataclasses.replace(
        store(endpoint="http://minio.storage.svc:9000"),
        keys=StoreKeys(access_key_id="reader", secret_access_key="k"),
    )
    assert rclone_settings(minio)["RCLONE_CONFIG_S3_ENV_AUTH"] == "false"
    assert rclone_settings(minio)["RCLONE_CONFIG_S3_PROVIDER"] == "Minio"
    assert "RCLONE_CONFIG_S3_SERVER_SIDE_ENCRYPTION" not in rclone_settings(minio)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(fewest=st.integers(0, 50), more=st.integers(0, 50))
def test_replicas_never_contradict_each_other(version, fewest, more):
    asked = Model.model_validate(
        {
            "name": "iris",
            "registeredModel": "iris",
            "alias": "champion",
            "serving": "kserve",
            "namespace": "models",
            "minReplicas": fewest,
            "maxReplicas": max(fewest + more, 1),
        }
    )
    predictor = inference_service(asked, version, service_account="a")["spec"]["predictor"]
    assert predictor["minReplicas"] <= predictor["maxReplicas"]
    served = seldon_deployment(asked, version, service_account="a", store_secret=None)["spec"]["predictors"][0]
    # Either a fixed number or an autoscaler, never both and never neither.
    assert ("replicas" in served) != ("hpaSpec" in served["componentSpecs"][0])
