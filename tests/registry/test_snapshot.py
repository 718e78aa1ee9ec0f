"""The committed snapshot of the embedded registry, through a real MLflow server."""

import contextlib
import shutil
import sqlite3
from dataclasses import replace

import mlflow.pyfunc
import pytest
from sklearn import datasets, metrics
from sklearn.model_selection import train_test_split

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.digest import digest_directory
from mlplatform.registry.embedded.samples import SAMPLES, SEED
from mlplatform.registry.embedded.seeding import EXPERIMENT
from mlplatform.registry.embedded.snapshot import (
    ARTIFACTS,
    DEFAULT_EXPERIMENT,
    SNAPSHOT,
    Contents,
    contents,
    load,
    read_snapshot,
)

DATA = {
    "iris-classifier": datasets.load_iris,
    "diabetes-regressor": datasets.load_diabetes,
    "breast-cancer-detector": datasets.load_breast_cancer,
}
VERSIONS = [(sample.name, number + 1) for sample in SAMPLES for number in range(len(sample.versions))]


def held_out(name):
    """Return the quarter of the data that the models were not trained on, as the trainings split it."""
    data = DATA[name](as_frame=True)
    stratify = None if name == "diabetes-regressor" else data.target
    _, features, _, target = train_test_split(
        data.data, data.target, test_size=0.25, random_state=SEED, stratify=stratify
    )
    return features, target


@pytest.mark.parametrize(("name", "number"), VERSIONS)
def test_every_sample_model_is_as_good_as_its_run_says(samples, client, monkeypatch, name, number):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", samples)
    version = client.get_model_version(name, str(number))
    recorded = client.get_run(version.run_id).data.metrics
    model = mlflow.pyfunc.load_model(f"models:/{name}/{number}")
    features, target = held_out(name)
    predicted = model.predict(features)
    if name == "diabetes-regressor":
        measured = {
            "mae": metrics.mean_absolute_error(target, predicted),
            "r2": metrics.r2_score(target, predicted),
            "rmse": metrics.root_mean_squared_error(target, predicted),
        }
    else:
        chances = model.get_raw_model().predict_proba(features)
        measured = {
            "accuracy": metrics.accuracy_score(target, predicted),
            "f1": metrics.f1_score(target, predicted, average="macro"),
            "log_loss": metrics.log_loss(target, chances),
        }
    # Sums of floats may end in other bits on another processor.
    assert measured == pytest.approx(recorded, rel=1e-6)
    assert {metric.key: metric.value for metric in client.get_logged_model(model.metadata.model_id).metrics} == recorded


@pytest.mark.parametrize("name", DATA)
def test_a_sample_answers_its_own_input_example(samples, client, monkeypatch, name):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", samples)
    version = client.get_model_version_by_alias(name, "champion")
    model = mlflow.pyfunc.load_model(version.source)
    features, _ = held_out(name)
    example = model.input_example
    assert example.to_numpy() == pytest.approx(features.head(2).to_numpy())
    assert list(model.predict(example)) == list(model.predict(features.head(2)))
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None


def test_three_registered_models_with_aliases(client):
    for sample in SAMPLES:
        model = client.get_registered_model(sample.name)
        versions = client.search_model_versions(f"name='{sample.name}'")
        assert len(versions) == len(sample.versions)
        assert model.description == sample.description
        assert set(model.aliases) >= {"champion", "challenger"}
        scores = {str(item.version): client.get_run(item.run_id).data.metrics[sample.metric] for item in versions}
        ranked = sorted(scores, key=scores.get)
        assert [str(model.aliases["champion"]), str(model.aliases["challenger"])] == ranked[:2]
        assert {client.get_run(item.run_id).info.user_id for item in versions} == {"mlplatform"}
        assert client.get_experiment_by_name(EXPERIMENT).experiment_id == "1"


def test_what_the_server_hands_out_are_the_committed_bytes(samples, resolver):
    versions = resolver(samples, *(f"{name}/{number}" for name, number in VERSIONS))
    for version in versions:
        below = version.artifact_uri.removeprefix("mlflow-artifacts:/")
        assert version.digest == digest_directory(SNAPSHOT / ARTIFACTS / below)
        assert version.created_by == "mlplatform"
        assert all("==" in line for line in version.requirements)


def tables(path):
    """Return all rows of a database, without those that MLflow made itself at a time of its own."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}  # noqa: S608 - names of the schema
    found["experiments"] = [row for row in found["experiments"] if row[0] != DEFAULT_EXPERIMENT]
    return found


@pytest.fixture
def fresh(database, tmp_path):
    """Return a function that makes a fresh registry of a name: MLflow's schema and nothing in it."""

    def create(name):
        root = tmp_path / name
        root.mkdir()
        database(root / "mlflow.db")
        return root

    return create


def test_two_fresh_registries_are_identical(fresh):
    one, other = fresh("one"), fresh("other")
    snapshot = read_snapshot()
    for root in (one, other):
        assert contents(root, snapshot) is Contents.NOTHING
        load(root, snapshot)
        assert contents(root, snapshot) is Contents.SNAPSHOT
    assert tables(one / "mlflow.db") == tables(other / "mlflow.db")
    assert len(tables(one / "mlflow.db")["model_versions"]) == len(VERSIONS)
    assert digest_directory(one / ARTIFACTS) == digest_directory(other / ARTIFACTS)


def test_a_registry_that_is_not_there_holds_nothing(tmp_path):
    assert contents(tmp_path, read_snapshot()) is Contents.NOTHING


def test_what_was_loaded_stays_known_whatever_is_registered_beside_it(fresh):
    root, snapshot = fresh("registry"), read_snapshot()
    load(root, snapshot)
    with contextlib.closing(sqlite3.connect(root / "mlflow.db")) as database:
        database.execute("INSERT INTO registered_models (name) VALUES ('mine')")
        database.execute("DELETE FROM registered_model_aliases")
        database.commit()
    assert contents(root, snapshot) is Contents.SNAPSHOT


def refused(root, snapshot):
    with pytest.raises(ProblemsError) as caught:
        load(root, snapshot)
    (problem,) = caught.value.problems
    return problem.message


def test_another_schema_is_refused_and_nothing_written(fresh):
    root, snapshot = fresh("registry"), read_snapshot()
    before = tables(root / "mlflow.db")
    message = refused(root, replace(snapshot, schema="0123456789ab"))
    assert f"frozen with MLflow {snapshot.mlflow}" in message
    assert f"(schema {snapshot.schema}, not 0123456789ab)" in message
    assert "python -m mlplatform.registry.embedded.make_snapshot" in message
    assert tables(root / "mlflow.db") == before


def test_a_load_that_breaks_off_has_not_happened(fresh):
    root, snapshot = fresh("registry"), read_snapshot()
    before = tables(root / "mlflow.db")
    broken = replace(snapshot, tables={**snapshot.tables, "runs": [{"no_such_column": 1}]})
    assert "cannot be used" in refused(root, broken)
    assert tables(root / "mlflow.db") == before
    load(root, snapshot)


def test_only_a_fresh_registry_is_loaded(fresh):
    root, snapshot = fresh("registry"), read_snapshot()
    load(root, snapshot)
    assert "go into a fresh one only" in refused(root, snapshot)


def test_an_earlier_snapshot_is_another_one(fresh, tmp_path):
    root, folder = fresh("registry"), tmp_path / "earlier"
    shutil.copytree(SNAPSHOT, folder)
    next((folder / ARTIFACTS).glob("1/models/*/artifacts/model.pkl")).write_bytes(b"earlier weights")
    load(root, read_snapshot(folder))
    assert contents(root, read_snapshot()) is Contents.OTHER
