import os

import pytest
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from mlplatform.config.models import RegistrySection
from mlplatform.config.problems import ProblemsError
from mlplatform.registry import resolve_models
from mlplatform.registry.digest import digest_directory

STORES = {"mlflow-artifacts:/": "s3://models/"}


def test_no_models_means_no_registry():
    assert resolve_models({}, RegistrySection.model_validate({"uri": "http://127.0.0.1:9"})) == {}


def test_an_alias_of_a_model_logged_by_mlflow_3(samples, client, resolver, tmp_path):
    (version,) = resolver(samples, "iris-classifier@champion")
    record = client.get_model_version_by_alias("iris-classifier", "champion")
    run = client.get_run(record.run_id)
    assert (version.registered_model, version.version, version.alias) == ("iris-classifier", "3", "champion")
    assert version.source == f"models:/{version.model_id}"
    assert version.artifact_uri == client.get_model_version_download_uri("iris-classifier", "3")
    assert version.storage_uri == version.artifact_uri.replace("mlflow-artifacts:/", "s3://models/")
    assert version.run_id == run.info.run_id
    assert set(version.flavors) == {"python_function", "sklearn"}
    assert version.signature["inputs"][0]["name"] == "sepal length (cm)"
    assert version.requirements[0].startswith("mlflow==")
    assert version.python_version == version.flavors["python_function"]["python_version"]
    assert version.mlflow_version == version.requirements[0].removeprefix("mlflow==")
    assert version.metrics == run.data.metrics
    assert version.params["estimator"] == "RandomForestClassifier"
    assert version.tags == {"mlplatform.sample": "iris-classifier/3"}
    assert version.created_at == record.creation_timestamp
    assert version.created_by == run.info.user_id
    assert version.experiment_id == run.info.experiment_id
    folder = _download(version, samples, tmp_path)
    assert version.digest == digest_directory(folder)
    assert version.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _download(version, uri, tmp_path):
    folder = tmp_path / "downloaded"
    folder.mkdir()
    get_artifact_repository(version.artifact_uri, tracking_uri=uri).download_artifacts("", str(folder))
    return folder


def test_versions_in_the_order_of_the_references_each_looked_up_once(samples, proxy, resolver):
    wanted = ["iris-classifier/1", "diabetes-regressor@champion", "iris-classifier@champion", "iris-classifier/1"]
    found = resolver(proxy.uri, *wanted)
    assert [item.registered_model for item in found] == [text.partition("@")[0].partition("/")[0] for text in wanted]
    assert [item.version for item in found] == ["1", "2", "3", "1"]
    assert [item.alias for item in found] == [None, "champion", "champion", None]
    assert found[0] == found[3]
    assert samples
    assert len([line for line in proxy.requests if f"logged-models/{found[0].model_id}" in line]) == 1


def test_every_type_is_the_same_over_http(samples, resolver):
    (version,) = resolver(samples, "breast-cancer-detector/1")
    assert all(isinstance(value, str) for value in (version.version, version.model_id, version.run_id))
    assert all(isinstance(value, float) for value in version.metrics.values())
    assert isinstance(version.created_at, int)
    assert "xgboost" in version.flavors


def test_a_version_logged_by_mlflow_2(server, client, mlflow2_version, model_folder, resolver):
    record = mlflow2_version("old-style")
    (version,) = resolver(server, f"old-style/{record.version}")
    assert version.model_id is None
    assert version.run_id == record.run_id
    assert version.source == version.artifact_uri == record.source
    assert version.storage_uri.startswith("s3://models/")
    assert version.storage_uri.endswith(f"{record.run_id}/artifacts/model")
    assert version.metrics == {"accuracy": 0.9}
    assert version.params == {"C": "1.0"}
    assert version.created_by is not None
    assert version.experiment_id == client.get_run(record.run_id).info.experiment_id
    assert version.requirements[1:] == ("scikit-learn", "numpy>=2")
    assert version.digest == digest_directory(model_folder)


def test_a_deleted_run_keeps_its_facts(server, client, mlflow2_version, resolver):
    record = mlflow2_version("deleted-run")
    client.delete_run(record.run_id)
    (version,) = resolver(server, f"deleted-run/{record.version}")
    assert version.metrics == {"accuracy": 0.9}


def test_a_version_copied_from_another_model(samples, client, resolver):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_REGISTRY_URI", samples)
        copied = client.copy_model_version("models:/iris-classifier/2", "iris-copy")
    original, copy = resolver(samples, "iris-classifier/2", f"iris-copy/{copied.version}")
    assert copy.artifact_uri == original.artifact_uri
    assert copy.digest == original.digest


def test_a_moved_alias_is_followed_at_the_next_pass(samples, client, resolver):
    name = "moving"
    client.create_registered_model(name)
    source = client.get_model_version("iris-classifier", "1").source
    for _ in range(2):
        client.create_model_version(name, source, model_id=source.removeprefix("models:/"))
    client.set_registered_model_alias(name, "now", "1")
    first = resolver(samples, f"{name}@now")[0]
    client.set_registered_model_alias(name, "now", "2")
    client.set_model_version_tag(name, "2", "approved", "yes")
    second = resolver(samples, f"{name}@now")[0]
    assert (first.version, second.version) == ("1", "2")
    assert second.tags == {"approved": "yes"}


def test_a_stage_name_that_really_is_an_alias(server, client, mlflow2_version, resolver):
    record = mlflow2_version("staged")
    client.set_registered_model_alias("staged", "Production", record.version)
    (version,) = resolver(server, "staged@Production")
    assert version.version == record.version


def test_nothing_is_written_to_the_terminal_or_the_environment(samples, resolver, capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    before = dict(os.environ)
    resolver(samples, "iris-classifier@champion")
    with pytest.raises(ProblemsError):
        resolver(samples, "nothing@champion")
    assert capfd.readouterr().out == ""
    assert dict(os.environ) == before
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_large_artifact_has_no_digest_but_all_facts(samples, resolver, monkeypatch, tmp_path):
    monkeypatch.setattr("mlplatform.registry.artifact.reading.DIGEST_LIMIT", 1000)
    (large,) = resolver(samples, "iris-classifier@champion", cache=tmp_path / "other")
    assert large.digest is None
    monkeypatch.undo()
    (small,) = resolver(samples, "iris-classifier@champion")
    assert small.digest is not None
    assert small.flavors == large.flavors
    # The listing told the size all the same.
    assert small.size == large.size > 1000


def test_an_artifact_of_very_many_files_has_no_digest(samples, resolver, monkeypatch):
    monkeypatch.setattr("mlplatform.registry.artifact.reading._MAX_ENTRIES", 3)
    (version,) = resolver(samples, "iris-classifier@champion")
    assert version.digest is None
    # One folder: its listing is complete.
    assert version.size > 1000
