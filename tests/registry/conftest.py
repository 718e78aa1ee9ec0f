"""What stands before and beside the run's MLflow server: proxies, clients, databases, models."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import mlflow.sklearn
import pytest
from mlflow.models import infer_signature
from mlflow.tracking.client import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from mlplatform.config.models import RegistrySection
from mlplatform.registry import ModelReference, resolve_models
from tests import servers
from tests.registry.proxy import Proxy
from tests.services import service

# Before the first use of MLflow in this process.
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true")
STORES = {"mlflow-artifacts:/": "s3://models/"}


@pytest.fixture(autouse=True)
def _no_foreign_configuration(monkeypatch, tmp_path):
    for name in (
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_USERNAME",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_TRACKING_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    # Whatever MLflow would create beside its stores shows up here.
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def free_port():
    return servers.free_port()


@pytest.fixture(scope="session")
def shared_root():
    """Folder of the run's MLflow server."""
    return Path(service("registry")["root"])


@pytest.fixture(scope="session")
def server(registry_uri):
    """Address of the run's MLflow server, in which tests register models of names of their own."""
    return registry_uri


@pytest.fixture(scope="session")
def client(server):
    return MlflowClient(tracking_uri=server, registry_uri=server)


@pytest.fixture(scope="session")
def database(server, shared_root):
    """Return a function that copies the server's empty schema to a file, seconds faster than MLflow creates it."""
    assert server

    def create(path):
        with contextlib.closing(sqlite3.connect(shared_root / "mlflow.db")) as source:
            tables = [row[0] for row in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
            revision = source.execute("SELECT version_num FROM alembic_version").fetchone()
            workspaces = source.execute("SELECT * FROM workspaces").fetchall()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target:
            target.execute("BEGIN")
            for statement in tables:
                if "sqlite_sequence" not in statement:
                    target.execute(statement)
            target.execute("INSERT INTO alembic_version VALUES (?)", revision)
            for row in workspaces:
                target.execute(f"INSERT INTO workspaces VALUES ({','.join('?' * len(row))})", row)  # noqa: S608
            target.commit()
        return f"sqlite:///{path}"

    return create


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """A real scikit-learn model as MLflow 2 laid it out: a plain folder."""
    features, target = load_iris(return_X_y=True, as_frame=True)
    estimator = LogisticRegression(max_iter=500).fit(features, target)
    folder = tmp_path_factory.mktemp("saved") / "model"
    mlflow.sklearn.save_model(
        estimator,
        folder,
        signature=infer_signature(features.head(2), estimator.predict(features.head(2))),
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn", "numpy>=2"],
    )
    return folder


@pytest.fixture
def resolver(tmp_path):
    """Return a function that resolves ``"name@alias"`` and ``"name/version"`` references."""

    def resolve(uri, *wanted, stores=STORES, cache=None, **settings):
        registry = RegistrySection.model_validate({"uri": uri, "artifactStores": stores, **settings})
        references = {str(index): reference(text, index) for index, text in enumerate(wanted)}
        return tuple(resolve_models(references, registry, cache_dir=cache or tmp_path / "cache").values())

    return resolve


def reference(text, index=0):
    name, alias, aliased = text.partition("@")
    plain, _, version = text.rpartition("/")
    return ModelReference(
        registered_model=name if alias else plain,
        alias=aliased if alias else None,
        version=None if alias else version,
        file="Pulumi.test.yaml",
        key=f"models[{index}]",
    )


@pytest.fixture
def proxy(server):
    instance = Proxy(server)
    yield instance
    instance.close()


@pytest.fixture
def stub():
    """A server that is no MLflow at all; only its own rules answer."""
    instance = Proxy("http://127.0.0.1:9")
    yield instance
    instance.close()


@pytest.fixture(scope="session")
def samples(server):
    """Address of the session's server, for tests of the sample models that are in it."""
    return server


@pytest.fixture(scope="session")
def mlflow2_version(client, model_folder):
    """Return a function that registers the plain model folder as a run's artifact, as MLflow 2 did."""

    def create(name, *, target=client, source=None, with_run=True):
        experiment = target.get_experiment_by_name("mlflow2") or target.get_experiment(
            target.create_experiment("mlflow2")
        )
        run = target.create_run(experiment.experiment_id, tags={"mlflow.user": "ada"})
        target.log_artifacts(run.info.run_id, str(model_folder), "model")
        target.log_metric(run.info.run_id, "accuracy", 0.9)
        target.log_param(run.info.run_id, "C", "1.0")
        target.set_terminated(run.info.run_id)
        address = (source or "{artifacts}/model").format(artifacts=run.info.artifact_uri, run=run.info.run_id)
        with contextlib.suppress(Exception):
            target.create_registered_model(name)
        return target.create_model_version(name, address, run_id=run.info.run_id if with_run else None)

    return create
