"""What is known of a served model, as inputs and annotations."""

import json
import math
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from components.serving.facts import immutable_annotations, model_facts
from tests.golden import assert_golden

HERE = Path(__file__).parent


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
    assert_golden(HERE, "model-facts", model_facts(model(), version))


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
