"""The models of a stack, each with its version and its object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.serving import served_models
from mlplatform.config import ProblemsError
from tests.crd_schemas import assert_valid
from tests.served import FILE, example_models, example_version, settings_with


@pytest.mark.parametrize(("engine", "path"), [("kserve", ("predictor",)), ("seldon", ("predictors", 0))])
def test_the_crd_check_can_fail(engine, path):
    (served,) = example_models(settings_with({"serving": engine}))
    assert_valid(served.manifest)
    part = served.manifest["spec"]
    for key in path:
        part = part[key]
    # The usual mistakes: resources directly under the predictor, a field that nobody knows.
    part["rescources"] = {}
    with pytest.raises(AssertionError, match="rescources"):
        assert_valid(served.manifest)


def test_models_are_those_of_the_settings_each_with_its_own_version():
    settings = settings_with({"name": "b", "serving": "kserve"}, {"name": "a", "serving": "seldon"})
    versions = {model.name: example_version(model) for model in reversed(settings.models)}
    models = served_models(settings, versions, file=FILE)
    assert [served.model for served in models] == list(settings.models)
    assert [served.engine.name for served in models] == ["kserve", "seldon"]
    for served in models:
        assert served.version is versions[served.model.name]
        assert served.manifest["metadata"]["name"] == served.model.name
        assert served.version.storage_uri in repr(served.manifest)


def test_engines_that_cannot_read_the_store():
    settings = settings_with({"name": "a", "serving": "kserve"}, *({"name": n, "serving": "seldon"} for n in "bc"))
    there = {model.name: example_version(model, storage_uri="gs://models/iris/1") for model in settings.models}
    with pytest.raises(ProblemsError) as caught:
        served_models(settings, there, file=FILE)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{FILE}: models[{index}].serving: seldon cannot read gs://models/iris/1; it reads s3://" for index in (1, 2)
    ]


@given(fewest=st.integers(0, 50), more=st.integers(0, 50))
def test_replicas_never_contradict_each_other(fewest, more):
    most = max(fewest + more, 1)
    settings = settings_with(
        {"name": "a", "serving": "kserve", "minReplicas": fewest, "maxReplicas": most},
        {"name": "b", "serving": "seldon", "minReplicas": max(fewest, 1), "maxReplicas": most},
    )
    kserve, seldon = (served.manifest["spec"] for served in example_models(settings))
    assert kserve["predictor"]["minReplicas"] <= kserve["predictor"]["maxReplicas"]
    (predictor,) = seldon["predictors"]
    # Either a fixed number or an autoscaler, never both and never neither.
    assert ("replicas" in predictor) != ("hpaSpec" in predictor["componentSpecs"][0])
