"""SeldonDeployments: golden, and against the real CRD schema."""

from pathlib import Path

import pytest

from components.serving.seldon_deployment import seldon_deployment
from tests.crd_schemas import assert_valid
from tests.golden import assert_golden

HERE = Path(__file__).parent


@pytest.fixture
def seldon(model, version):
    return lambda **changes: seldon_deployment(
        model(serving="seldon", **changes), version, service_account="model-reader", store_secret="model-store-rclone"
    )


def test_seldon_deployment(seldon):
    manifest = seldon()
    assert_golden(HERE, "seldon-deployment", manifest)
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
