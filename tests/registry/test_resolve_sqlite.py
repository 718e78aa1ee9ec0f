import contextlib
import shutil
import sqlite3
from importlib.util import find_spec

import pytest
from mlflow.tracking.client import MlflowClient

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.digest import digest_directory


@pytest.fixture
def store(database, tmp_path):
    """A registry in a SQLite file with artifacts in a local folder, as ``mlflow`` without a server keeps them."""
    client = MlflowClient(tracking_uri=database(tmp_path / "mlflow.db"))
    client.create_experiment("mlflow2", artifact_location=(tmp_path / "mlruns" / "1").as_uri())
    return client


@pytest.fixture
def stores(tmp_path):
    return {(tmp_path / "mlruns").as_uri() + "/": "s3://models/"}


def logged_model(client, folder, name="iris"):
    """Register a logged model of MLflow 3; return the version."""
    experiment = client.get_experiment_by_name("mlflow2").experiment_id
    run = client.create_run(experiment)
    model = client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id, params={"C": "2.0"})
    client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    for step, value in enumerate([0.5, 0.7]):
        client.log_metric(run.info.run_id, "accuracy", value, step=step, model_id=model.model_id)
    client.log_metric(run.info.run_id, "duration", 12.0)
    client.log_metric(run.info.run_id, "accuracy", 0.1, step=9)
    with contextlib.suppress(Exception):
        client.create_registered_model(name)
    return client.create_model_version(name, f"models:/{model.model_id}", model_id=model.model_id)


def test_a_model_logged_by_mlflow_3(store, stores, model_folder, resolver):
    record = logged_model(store, model_folder)
    store.set_registered_model_alias("iris", "champion", record.version)
    (version,) = resolver(store.tracking_uri, "iris@champion", stores=stores)
    assert version.version == str(record.version)
    assert isinstance(version.version, str)
    assert version.source == f"models:/{version.model_id}"
    assert version.storage_uri.startswith("s3://models/1/models/m-")
    # The logged model's own value, not the run's; the run's where the model has none.
    assert version.metrics == {"accuracy": 0.7, "duration": 12.0}
    assert version.params == {"C": "2.0"}
    assert version.run_id is not None
    assert version.digest == digest_directory(model_folder)


def test_a_model_logged_by_mlflow_2(store, stores, mlflow2_version, model_folder, resolver):
    record = mlflow2_version("old", target=store)
    (version,) = resolver(store.tracking_uri, f"old/{record.version}", stores=stores)
    assert version.model_id is None
    assert version.storage_uri == f"s3://models/1/{record.run_id}/artifacts/model"
    assert version.created_by == "ada"
    assert version.digest == digest_directory(model_folder)


def test_a_version_without_run_whose_source_is_a_plain_path(store, tmp_path, model_folder, resolver):
    copied = shutil.copytree(model_folder, tmp_path / "plain")
    store.create_registered_model("plain")
    record = store.create_model_version("plain", str(copied))
    stores = {f"file://{tmp_path}/": "s3://models/"}
    (version,) = resolver(store.tracking_uri, f"plain/{record.version}", stores=stores)
    assert (version.run_id, version.model_id) == (None, None)
    assert version.storage_uri == "s3://models/plain"
    assert version.metrics == {}
    assert version.created_by is None


def test_a_runs_source_is_resolved_to_the_run(store, stores, mlflow2_version, resolver):
    record = mlflow2_version("by-run", target=store, source="runs:/{run}/model", with_run=False)
    (version,) = resolver(store.tracking_uri, f"by-run/{record.version}", stores=stores)
    assert version.storage_uri.startswith("s3://models/1/")
    assert version.storage_uri.endswith("/artifacts/model")
    assert version.source.startswith("runs:/")


def test_many_models_spread_over_experiments(store, stores, model_folder, tmp_path, resolver):
    logged_model(store, model_folder, "first")
    other = store.create_experiment("other", artifact_location=(tmp_path / "mlruns" / "2").as_uri())
    wanted = []
    for index in range(24):
        experiment = other if index % 2 else store.get_experiment_by_name("mlflow2").experiment_id
        run = store.create_run(experiment)
        store.log_metric(run.info.run_id, "index", index)
        model = store.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
        store.log_model_artifacts(model.model_id, str(model_folder))
        store.finalize_logged_model(model.model_id, "READY")
        name = f"many-{index}"
        store.create_registered_model(name)
        store.create_model_version(name, f"models:/{model.model_id}", model_id=model.model_id)
        wanted.append(f"{name}/1")
    found = resolver(store.tracking_uri, *wanted, stores=stores)
    assert [version.metrics for version in found] == [{"index": index} for index in range(24)]
    assert len({version.model_id for version in found}) == 24


def test_a_moved_artifact_folder_is_an_error_until_it_is_back(store, stores, model_folder, resolver, tmp_path):
    record = logged_model(store, model_folder)
    (tmp_path / "mlruns").rename(tmp_path / "elsewhere")
    with pytest.raises(ProblemsError, match="is not there or empty"):
        resolver(store.tracking_uri, f"iris/{record.version}", stores=stores)
    (tmp_path / "elsewhere").rename(tmp_path / "mlruns")
    assert resolver(store.tracking_uri, f"iris/{record.version}", stores=stores)[0].digest


def test_the_cache_serves_facts_of_immutable_files_only(store, stores, model_folder, resolver, tmp_path):
    record = logged_model(store, model_folder)
    first = resolver(store.tracking_uri, f"iris/{record.version}", stores=stores)
    store.log_metric(first[0].run_id, "duration", 13.0, step=1)
    shutil.rmtree(tmp_path / "mlruns")
    second = resolver(store.tracking_uri, f"iris/{record.version}", stores=stores)
    assert second[0].metrics["duration"] == 13.0
    assert second[0].digest == first[0].digest
    with pytest.raises(ProblemsError, match="is not there or empty"):
        resolver(store.tracking_uri, f"iris/{record.version}", stores=stores, cache=tmp_path / "empty")


def one_problem(resolver, uri):
    with pytest.raises(ProblemsError) as caught:
        resolver(uri, "iris@champion", "iris/1", "other@champion")
    (problem,) = caught.value.problems
    assert problem.key == "registry.uri"
    return problem.message


def test_a_missing_file_is_not_created(resolver, tmp_path):
    message = one_problem(resolver, f"sqlite:///{tmp_path}/nothing.db")
    assert f"there is no database file {tmp_path}/nothing.db" in message
    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.parametrize("content", [b"", b"no database at all", None])
def test_a_file_that_is_no_mlflow_database(resolver, tmp_path, content):
    path = tmp_path / "other.db"
    if content is None:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("CREATE TABLE something (a TEXT)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    assert "is not an MLflow database" in one_problem(resolver, f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("revision", "reason"),
    [("451aebb31d03", "schema of an older MLflow; back it up and run: mlflow db upgrade"), ("ffff", "a newer MLflow")],
)
def test_a_database_of_another_mlflow_is_not_migrated(resolver, database, tmp_path, revision, reason):
    uri = database(tmp_path / "old.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.execute("DROP TABLE logged_model_params")
        connection.commit()
    before = (tmp_path / "old.db").read_bytes()
    assert reason in one_problem(resolver, uri)
    assert (tmp_path / "old.db").read_bytes() == before


def test_a_registry_in_a_file_with_its_artifacts_behind_a_server(samples, shared_root, resolver):
    uri = f"sqlite:///{shared_root}/mlflow.db"
    with pytest.raises(ProblemsError, match=r"only its MLflow server can read; set registry\.trackingUri"):
        resolver(uri, "iris-classifier@champion")
    (version,) = resolver(uri, "iris-classifier@champion", trackingUri=samples)
    assert (version.version, type(version.version)) == ("3", str)


@pytest.mark.skipif(find_spec("azure") is not None, reason="the package that this needs is there")
def test_a_store_whose_package_is_not_installed(store, resolver):
    store.create_registered_model("azure")
    place = "wasbs://container@account.blob.core.windows.net/"
    store.create_model_version("azure", f"{place}model")
    with pytest.raises(ProblemsError, match=r"needs the Python package azure.*--serve-artifacts"):
        resolver(store.tracking_uri, "azure/1", stores={place: "s3://mirror/"})
