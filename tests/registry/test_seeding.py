import os
from dataclasses import replace

import mlflow.pyfunc
import pytest

from registry.embedded.samples import SAMPLES
from registry.embedded.seeding import COMPLETE_TAG, EXPERIMENT, seed_samples

IRIS = SAMPLES[0]


def seed(uri, sample):
    lines = []
    count = seed_samples(uri, report=lines.append, samples=[sample])
    return count, lines


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_trainings_are_real_and_repeatable(sample):
    for train in sample.versions:
        first, second = train(), train()
        assert first.metrics == second.metrics
        assert list(first.prediction) == list(second.prediction)
        assert 0 < first.metrics[sample.metric] < 100


def test_three_registered_models_with_aliases(samples, client):
    for sample in SAMPLES:
        model = client.get_registered_model(sample.name)
        versions = client.search_model_versions(f"name='{sample.name}'")
        assert len(versions) == len(sample.versions)
        assert model.description == sample.description
        assert set(model.aliases) >= {"champion", "challenger"}
        scores = {str(item.version): client.get_run(item.run_id).data.metrics[sample.metric] for item in versions}
        ranked = sorted(scores, key=scores.get)
        assert [str(model.aliases["champion"]), str(model.aliases["challenger"])] == ranked[:2]
    assert samples


def test_a_sample_answers_its_own_input_example(samples, client, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", samples)
    version = client.get_model_version_by_alias("breast-cancer-detector", "champion")
    model = mlflow.pyfunc.load_model(version.source)
    trained = SAMPLES[2].versions[int(version.version) - 1]()
    assert list(model.predict(trained.example)) == list(trained.prediction)
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None
    assert client.get_experiment_by_name(EXPERIMENT).experiment_id == client.get_run(version.run_id).info.experiment_id


def test_requirements_are_exact(samples, resolver):
    for version in resolver(samples, "iris-classifier@champion", "breast-cancer-detector@champion"):
        assert all("==" in line for line in version.requirements)
    assert any(line.startswith("xgboost==") for line in version.requirements)


def test_a_seeding_that_was_killed_is_finished_without_doubles(server, client):
    name = "half-seeded"

    def killed():
        raise KeyboardInterrupt

    broken = replace(IRIS, name=name, versions=(IRIS.versions[0], killed, IRIS.versions[2]))
    with pytest.raises(KeyboardInterrupt):
        seed(server, broken)
    assert not client.get_registered_model(name).aliases
    client.set_registered_model_alias(name, "challenger", "1")

    count, lines = seed(server, replace(IRIS, name=name))
    assert count == 2
    assert lines == ["Registered half-seeded: 3 versions, champion is version 3."]
    model = client.get_registered_model(name)
    assert model.tags[COMPLETE_TAG] == "true"
    # Set by the user before the samples were complete.
    assert str(model.aliases["challenger"]) == "1"
    assert str(model.aliases["champion"]) == "3"
    assert len(client.search_model_versions(f"name='{name}'")) == 3


def test_what_a_user_did_is_never_undone(server, client):
    name = "user-owned"
    sample = replace(IRIS, name=name, versions=IRIS.versions[:2])
    assert seed(server, sample)[0] == 2
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "challenger")
    assert seed(server, sample) == (0, [])
    aliases = client.get_registered_model(name).aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {"champion": "1"}


def test_nothing_stays_in_the_environment(server, capfd):
    seed(server, replace(IRIS, name="quiet", versions=IRIS.versions[:1]))
    assert capfd.readouterr().out == ""
    assert "MLFLOW_TRACKING_URI" not in os.environ
