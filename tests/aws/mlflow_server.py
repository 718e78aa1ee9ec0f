"""A real MLflow server before a bucket, and a really trained model in it."""

import contextlib
import os
import subprocess
import sys

import mlflow.sklearn
from mlflow.models import infer_signature
from mlflow.tracking.client import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from mlplatform.registry.embedded.server import START_SECONDS
from tests.object_stores import wait_for
from tests.servers import free_port


@contextlib.contextmanager
def mlflow_server(folder, arguments, environment):
    """Run ``mlflow server`` on SQLite with further arguments and variables; yield its address."""
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", *arguments]
    variables = {
        **os.environ,
        **environment,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (folder / "server.log").open("wb") as log:
        # Its workers go with it: they are of its process group.
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(f"{uri}/health", process, START_SECONDS)
            yield uri
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(timeout=30)


def register_iris(uri, name):
    """Train a classifier, log it through the server, register it and give it the alias ``champion``.

    Returns:
        The estimator, a few rows, and the id of the logged model.

    """
    features, target = load_iris(return_X_y=True, as_frame=True)
    estimator = LogisticRegression(max_iter=500).fit(features, target)
    mlflow.set_tracking_uri(uri)
    try:
        mlflow.set_experiment("iris")
        with mlflow.start_run():
            mlflow.log_metric("accuracy", float(estimator.score(features, target)))
            logged = mlflow.sklearn.log_model(
                estimator,
                name="model",
                registered_model_name=name,
                signature=infer_signature(features.head(2), estimator.predict(features.head(2))),
                serialization_format="cloudpickle",
                pip_requirements=["scikit-learn"],
            )
    finally:
        mlflow.set_tracking_uri(None)
    MlflowClient(uri, uri).set_registered_model_alias(name, "champion", logged.registered_model_version)
    return estimator, features.head(5), logged.model_id
