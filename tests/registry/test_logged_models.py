"""Facts of versions whose runs and logged models are not one to one, or that were registered in odd ways."""

import itertools
import math
import shutil
import sqlite3
import time
from contextlib import closing

import pytest
import yaml
from mlflow.entities import LoggedModelOutput

from mlplatform.config.problems import ProblemsError

_NUMBERS = itertools.count()


def say(folder, **values):
    """Have the MLmodel of a folder say something else."""
    mlmodel = folder / "MLmodel"
    mlmodel.write_text(yaml.safe_dump({**yaml.safe_load(mlmodel.read_text()), **values}))


class Registry:
    """Makes runs, logged models and versions under names of their own."""

    def __init__(self, client, folder, tmp_path, database):
        self.client, self.folder, self.tmp_path, self.database = client, folder, tmp_path, database
        self.experiment = client.create_experiment(f"facts-{time.time_ns()}")

    def run(self):
        return self.client.create_run(self.experiment).info.run_id

    def model(self, run=None, *, status="READY", outputs=True, without=(), model_id=None):
        """Log a model; its MLmodel says that it is of ``model_id``, or of itself where that is ``"own"``."""
        model = self.client.create_logged_model(self.experiment, name="model", source_run_id=run)
        folder = shutil.copytree(self.folder, self.tmp_path / f"model-{next(_NUMBERS)}")
        for path in without:
            (folder / path).unlink()
        say(folder, model_id=model.model_id if model_id == "own" else model_id, run_id=run)
        self.client.log_model_artifacts(model.model_id, str(folder))
        if status:
            self.client.finalize_logged_model(model.model_id, status)
        if run and outputs:
            self.client.log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
        return self.client.get_logged_model(model.model_id)

    def log(self, run, model=None, *, step=0, **metrics):
        for name, value in metrics.items():
            self.client.log_metric(run, name, value, step=step, model_id=model.model_id if model else None)

    def version(self, model, *, source=None, run=None):
        """Register a logged model by its id; by an address that servers of today refuse, as older ones took it."""
        name = f"facts-{time.time_ns()}"
        self.client.create_registered_model(name)
        version = self.client.create_model_version(name, f"models:/{model.model_id}", model_id=model.model_id).version
        if source:
            with closing(sqlite3.connect(self.database, timeout=20, isolation_level=None)) as database:
                database.execute(
                    "UPDATE model_versions SET source = ?, storage_location = ?, run_id = ? WHERE name = ?",
                    (source, source, run, name),
                )
        return f"{name}/{version}"


@pytest.fixture
def registry(client, model_folder, tmp_path, shared_root):
    return Registry(client, model_folder, tmp_path, shared_root / "mlflow.db")


@pytest.fixture
def metrics(server, resolver):
    """Return a function that returns the metrics of versions."""
    return lambda *versions: [version.metrics for version in resolver(server, *versions)]


@pytest.mark.parametrize("outputs", [True, False], ids=["in the run's outputs", "by their run alone"])
def test_metrics_of_two_models_of_one_run(registry, metrics, outputs):
    run = registry.run()
    one, other = registry.model(run, outputs=outputs), registry.model(run, outputs=outputs)
    registry.log(run, one, rmse=0.5)
    registry.log(run, other, rmse=0.1, f1=0.99)
    registry.log(run, seconds=12.0)
    assert metrics(registry.version(one), registry.version(other)) == [
        {"rmse": 0.5, "seconds": 12.0},
        {"rmse": 0.1, "f1": 0.99, "seconds": 12.0},
    ]


def test_a_metric_logged_for_another_model_and_for_none(registry, metrics):
    run = registry.run()
    one, other = registry.model(run), registry.model(run)
    registry.log(run, f1=0.7)
    registry.log(run, other, step=1, f1=0.99)
    registry.log(run, other, step=2, nothing=math.nan)
    registry.log(run, other, step=3, f1=0.98)
    assert metrics(registry.version(one)) == [{"f1": 0.7}]


def test_a_metric_for_a_model_of_another_run(registry, metrics):
    """The run evaluates a model that it did not make."""
    elsewhere, run = registry.run(), registry.run()
    one, evaluated = registry.model(run), registry.model(elsewhere)
    registry.client.log_inputs(run, models=[_input(evaluated)])
    registry.log(run, evaluated, f1=0.99)
    assert metrics(registry.version(one), registry.version(evaluated)) == [{}, {"f1": 0.99}]


def _input(model):
    from mlflow.entities import LoggedModelInput  # noqa: PLC0415 - next to its only use

    return LoggedModelInput(model.model_id)


def test_a_version_of_mlflow_2_whose_run_logged_models_too(registry, metrics, client):
    run = registry.run()
    client.log_artifacts(run, str(registry.folder), "model")
    other = registry.model(run)
    registry.log(run, other, f1=0.99)
    registry.log(run, rmse=0.5)
    source = f"{client.get_run(run).info.artifact_uri}/model"
    assert metrics(registry.version(other, source=source, run=run)) == [{"rmse": 0.5}]


def test_what_is_no_number_stays_none_in_a_logged_model(registry, metrics):
    run = registry.run()
    model = registry.model(run)
    registry.log(run, model, loss=math.nan, zero=0.0)
    ((found),) = metrics(registry.version(model))
    assert math.isnan(found["loss"])
    assert found["zero"] == 0


# Source of a version without run and logged model -> what the version is known to be of.
ADDRESSES = {
    "as the user interface of early MLflow 3": "{location}",
    "with its host": "mlflow-artifacts://{host}/{path}",
    "as the proxy spells it": "http://{host}/api/2.0/mlflow-artifacts/artifacts/{path}",
}


@pytest.mark.parametrize("source", ADDRESSES.values(), ids=ADDRESSES)
def test_a_version_registered_by_the_address_of_its_files(registry, resolver, server, source):
    run = registry.run()
    one, other = registry.model(run), registry.model(run)
    registry.log(run, one, rmse=0.5)
    registry.log(run, other, rmse=0.1)
    location = one.artifact_location
    host, path = server.removeprefix("http://"), location.removeprefix("mlflow-artifacts:/")
    source = source.format(location=location, host=host, path=path)
    (version,) = resolver(server, registry.version(one, source=source))
    assert (version.model_id, version.run_id) == (one.model_id, run)
    assert version.metrics == {"rmse": 0.5}


def test_a_version_registered_by_the_address_of_its_runs_files(registry, resolver, server, client):
    run = registry.run()
    client.log_artifacts(run, str(registry.folder), "model")
    registry.log(run, accuracy=0.9)
    source = f"{client.get_run(run).info.artifact_uri}/model"
    (version,) = resolver(server, registry.version(registry.model(registry.run()), source=source))
    assert (version.model_id, version.run_id, version.metrics) == (None, run, {"accuracy": 0.9})


@pytest.mark.parametrize("known", [True, False])
def test_a_version_of_which_its_files_alone_say_what_they_are(registry, resolver, server, tmp_path, known):
    run = registry.run()
    model = registry.model(run, model_id="own")
    registry.log(run, model, rmse=0.5)
    registry.log(run, seconds=1.0)
    copy = shutil.copytree(registry.folder, tmp_path / "copied")
    say(copy, model_id=model.model_id if known else f"m-{'0' * 32}", run_id=run if known else None)
    other = registry.client.create_run(registry.experiment).info
    registry.client.log_artifacts(other.run_id, str(copy), "anywhere")
    # An address that says nothing: the folder of an experiment's other things.
    place = f"{other.artifact_uri.partition(other.run_id)[0]}copies/{other.run_id}"
    _move(registry.client, other, place)
    (version,) = resolver(server, registry.version(model, source=place))
    expected = (model.model_id, run, {"rmse": 0.5, "seconds": 1.0}) if known else (None, None, {})
    assert (version.model_id, version.run_id, version.metrics) == expected


def _move(client, run, place):
    """Upload what a run logged to another address of the server."""
    from mlflow.store.artifact.artifact_repository_registry import (  # noqa: PLC0415 - next to its only use
        get_artifact_repository,
    )

    folder = client.download_artifacts(run.run_id, "anywhere")
    get_artifact_repository(place, tracking_uri=client.tracking_uri).log_artifacts(folder)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("FAILED", "was finalized as FAILED, so its files may be incomplete; log the model again"),
        (None, "was never finalized, its status is PENDING, so its files may be incomplete; wait until"),
    ],
)
def test_a_logged_model_that_is_not_ready(registry, resolver, server, status, said):
    model = registry.model(registry.run(), status=status)
    by_address = registry.version(model, source=model.artifact_location)
    with pytest.raises(ProblemsError) as caught:
        resolver(server, registry.version(model), by_address)
    assert [problem.key for problem in caught.value.problems] == ["models[0].version", "models[1].version"]
    assert all(f"is not ready: its logged model {model.model_id} {said}" in str(item) for item in caught.value.problems)


@pytest.mark.parametrize(
    ("file", "setting"),
    [("model.pkl", "python_function.model_path"), ("conda.yaml", "python_function.conda")],
)
def test_a_model_without_a_file_that_its_flavor_names(registry, resolver, server, file, setting):
    model = registry.model(registry.run(), without=[file])
    with pytest.raises(ProblemsError) as caught:
        resolver(server, registry.version(model))
    (problem,) = caught.value.problems
    assert problem.key == "models[0].version"
    assert f"has no file {file}, which its MLmodel names ({setting}), so no server can load it" in problem.message


def test_files_of_another_model_of_the_server_are_refused(registry, resolver, server):
    other = registry.model(registry.run(), model_id="own")
    model = registry.model(registry.run(), model_id=other.model_id)
    with pytest.raises(ProblemsError, match=f"its files were logged as {other.model_id}, another one of this server"):
        resolver(server, registry.version(model))


def test_files_of_a_model_of_another_server_are_as_good_as_any(registry, resolver, server):
    model = registry.model(registry.run(), model_id=f"m-{'1' * 32}")
    assert resolver(server, registry.version(model))[0].model_id == model.model_id
