"""How often the registry is asked: the number of round trips decides how long a preview takes."""

import contextlib
import time

import pytest

from mlplatform.config.models import Model
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.references import model_references

THREE = ["iris-classifier@champion", "diabetes-regressor@champion", "breast-cancer-detector@champion"]


def test_references_of_settings():
    models = [
        Model.model_validate({"name": name, "registeredModel": "m", "serving": "kserve", "namespace": "n", **pin})
        for name, pin in (("a", {"alias": "champion"}), ("b", {"version": 3}))
    ]
    references = model_references(models, file="Pulumi.dev.yaml")
    assert [(name, item.key, item.alias, item.version) for name, item in references.items()] == [
        ("a", "models[0]", "champion", None),
        ("b", "models[1]", None, "3"),
    ]


@pytest.fixture(scope="module")
def many(samples, client):
    """Thirty registered models of two versions; the alias points to the older one."""
    sources = [client.get_model_version("iris-classifier", str(number)).source for number in (1, 2)]
    for index in range(30):
        name = f"crowd-{index:02}"
        with contextlib.suppress(Exception):
            client.create_registered_model(name)
            for source in sources:
                client.create_model_version(name, source, model_id=source.removeprefix("models:/"))
            client.set_registered_model_alias(name, "champion", "1")
    assert samples
    return [f"crowd-{index:02}@champion" for index in range(30)]


def test_few_models(samples, proxy, resolver):
    cold = resolver(proxy.uri, *THREE)
    proxy.requests.clear()
    warm = resolver(proxy.uri, *THREE)
    assert warm == cold
    # One sign of life, one search for models, aliases and newest versions, a logged model and a run for each.
    assert len(proxy.requests) == 2 + 3 * 2
    assert samples


def test_many_models(proxy, resolver, many):
    found = resolver(proxy.uri, *many)
    assert {version.version for version in found} == {"1"}
    proxy.requests.clear()
    assert resolver(proxy.uri, *many) == found
    # A sign of life, one search for the models, one for all versions 1, one logged model and one run that all share.
    assert len(proxy.requests) == 5


def test_models_that_nobody_asked_for_cost_nothing(proxy, resolver, many):
    resolver(proxy.uri, many[0])
    proxy.requests.clear()
    resolver(proxy.uri, many[0])
    assert len(proxy.requests) == 5
    assert not [line for line in proxy.requests if "crowd-01" in line]


def test_errors_cost_no_more_than_a_list_of_names(proxy, resolver, many):
    with pytest.raises(Exception, match="no registered model"):
        resolver(proxy.uri, *[f"nothing-{index}@champion" for index in range(30)])
    # A sign of life, the search, one of the missing models by itself, so that an empty answer is one, the names.
    assert len(proxy.requests) == 4
    assert many


def test_a_server_that_does_not_know_the_batch_searches(proxy, resolver, many):
    expected = resolver(proxy.uri, *many, *THREE)
    refusal = '{"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid comparator for attribute: IN"}'
    proxy.answer("name+IN", 400, refusal)
    proxy.answer("_id IN", 400, refusal)
    assert resolver(proxy.uri, *many, *THREE) == expected


def test_long_lists_of_names_are_split(proxy, resolver, many):
    with pytest.raises(Exception, match="no registered model"):
        resolver(proxy.uri, *[f"{'x' * 250}-{index}@champion" for index in range(30)])
    assert max(len(line) for line in proxy.requests) < 8 * 1024
    assert many


def test_parallel_lookups_keep_the_order_and_stop_at_the_first_failure():
    assert run_parallel(lambda number: number * 2, range(50)) == [number * 2 for number in range(50)]
    assert run_parallel(str, []) == []
    asked = []

    def fail(number):
        asked.append(number)
        if number:
            # Long enough that the others are not all done before the failure is noticed, however busy the machine is.
            time.sleep(0.1)
        else:
            raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        run_parallel(fail, range(1000))
    assert len(asked) < 1000
