"""Train a classifier of wine cultivars, log it to MLflow and register a version.

The environment says where and as what, exactly as a ``TrainingJob`` of this platform sets it:

    MLFLOW_TRACKING_URI      the tracking server; MLFLOW_REGISTRY_URI if the registry is another one
    MLFLOW_EXPERIMENT_NAME   the experiment
    REGISTERED_MODEL_NAME    the registered model
    TRAINING_JOB             name of this run; a second try of it finds the version that the first one registered
    MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD   with basic auth

Arguments are the model's own. Exit codes: 0 registered (or registered before), 3 the model is not good enough.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import mlflow.sklearn
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# Tag of a version that says which run of the job registered it.
JOB_TAG = "training.job"
TEST_SHARE = 0.25
NOT_GOOD_ENOUGH = 3

log = logging.getLogger("train")


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description="Train, log and register a classifier of wine cultivars.")
    parser.add_argument("--strength", type=float, default=1.0, help="inverse regularisation strength (C)")
    parser.add_argument("--max-iterations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7, help="seed of the split and of the training")
    parser.add_argument("--minimum-accuracy", type=float, default=0.9, help="below it, no version is registered")
    parser.add_argument("--alias", help="alias to set on the new version, for example challenger")
    return parser.parse_args()


def registered_before(client: MlflowClient, model: str, job: str | None) -> ModelVersion | None:
    """Return the version that an earlier try of this run registered."""
    if not job:
        return None
    found = client.search_model_versions(f"name = '{model}' and tag.`{JOB_TAG}` = '{job}'")
    return found[0] if found else None


def train(options: argparse.Namespace, model: str, job: str | None) -> tuple[str | None, float]:
    """Train and log in a run of its own; return the registered version, if it is good enough, and its accuracy."""
    features, target = load_wine(return_X_y=True, as_frame=True)
    x_train, x_test, y_train, y_test = train_test_split(
        features, target, test_size=TEST_SHARE, random_state=options.seed, stratify=target
    )
    estimator = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=options.strength, max_iter=options.max_iterations, random_state=options.seed),
    )
    with mlflow.start_run(run_name=job, tags={JOB_TAG: job} if job else None):
        mlflow.log_params(
            {"C": options.strength, "max_iterations": options.max_iterations, "seed": options.seed, "data": "wine"}
        )
        estimator.fit(x_train, y_train)
        predicted = estimator.predict(x_test)
        accuracy = float(accuracy_score(y_test, predicted))
        mlflow.log_metrics(
            {
                "accuracy": accuracy,
                "f1": float(f1_score(y_test, predicted, average="macro")),
                "log_loss": float(log_loss(y_test, estimator.predict_proba(x_test))),
            }
        )
        example = x_test.head(2)
        logged = mlflow.sklearn.log_model(
            estimator,
            name="model",
            signature=infer_signature(example, estimator.predict(example)),
            input_example=example,
            pip_requirements=str(REQUIREMENTS),
        )
        if accuracy < options.minimum_accuracy:
            mlflow.set_tag("rejected", f"accuracy below {options.minimum_accuracy}")
            return None, accuracy
        version = mlflow.register_model(logged.model_uri, model, tags={JOB_TAG: job} if job else None)
        return str(version.version), accuracy


def main() -> int:
    """Train once, whatever number of tries this run of the job needs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    options = arguments()
    model, job = os.environ["REGISTERED_MODEL_NAME"], os.environ.get("TRAINING_JOB")
    client = MlflowClient()
    earlier = registered_before(client, model, job)
    if earlier:
        version = str(earlier.version)
        log.info("an earlier try of %s registered version %s of %s", job, version, model)
    else:
        trained, accuracy = train(options, model, job)
        if trained is None:
            log.error("accuracy %.3f is below %.3f: nothing is registered", accuracy, options.minimum_accuracy)
            return NOT_GOOD_ENOUGH
        version = trained
        log.info("registered version %s of %s, accuracy %.3f", version, model, accuracy)
    if options.alias:
        client.set_registered_model_alias(model, options.alias, version)
        log.info("alias %s is version %s", options.alias, version)
    print(version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
