"""Train the sample models and register them: what the snapshot of the embedded registry is made from.

Each sample version has a run of its own, with metrics and parameters, and carries the tag ``mlplatform.sample``. The
best version by the sample's metric is ``champion``, the next one ``challenger``.
"""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

from mlplatform.registry.client.environment import hush, quiet_mlflow
from mlplatform.registry.embedded.samples import SAMPLES, SampleModel, TrainedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlflow.tracking.client import MlflowClient

EXPERIMENT = "mlplatform-samples"
SAMPLE_TAG = "mlplatform.sample"
_PACKAGES = {"sklearn": ("scikit-learn", "scipy"), "xgboost": ("scikit-learn", "scipy", "xgboost")}


def train_samples(uri: str, *, report: Callable[[str], None], samples: Sequence[SampleModel] = SAMPLES) -> None:
    """Train and register the sample models in a registry that has none of them.

    Args:
        uri: the MLflow server.
        report: receives one line per registered model.
        samples: the models.

    """
    # The fluent API takes its server from the environment: nothing global outlives this call.
    variables = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": None, "MLFLOW_EXPERIMENT_ID": None}
    with quiet_mlflow({**variables, "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}):
        from mlflow.tracking.client import MlflowClient  # noqa: PLC0415 - two seconds; only where models are registered

        hush()
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment = client.create_experiment(EXPERIMENT)
        for sample in samples:
            _train_model(client, experiment, sample, report)


def _train_model(client: MlflowClient, experiment: str, sample: SampleModel, report: Callable[[str], None]) -> None:
    client.create_registered_model(sample.name, description=sample.description)
    scores: dict[str, float] = {}
    for index, train in enumerate(sample.versions):
        result = train()
        scores[_register(client, experiment, f"{sample.name}/{index + 1}", result)] = result.metrics[sample.metric]
    best = sorted(scores, key=lambda version: scores[version])
    for alias, version in zip(("champion", "challenger"), best, strict=False):
        client.set_registered_model_alias(sample.name, alias, version)
    report(f"Trained {sample.name}: {len(scores)} versions, champion is version {best[0]}.")


def _register(client: MlflowClient, experiment: str, key: str, trained: TrainedModel) -> str:
    """Log one trained model to its own run and register it; return the version."""
    import mlflow  # noqa: PLC0415 - see above
    from mlflow.models import infer_signature  # noqa: PLC0415 - see above

    name = key.partition("/")[0]
    options: dict[str, Any] = {
        "name": name,
        "signature": infer_signature(trained.example, trained.prediction),
        "input_example": trained.example,
        # Given, because MLflow would else find them out by loading the model in a new process.
        "pip_requirements": _requirements(trained.flavor),
    }
    with mlflow.start_run(experiment_id=experiment, run_name=key, tags={SAMPLE_TAG: key}) as run:
        mlflow.log_params(dict(trained.params))
        if trained.flavor == "xgboost":
            import mlflow.xgboost  # noqa: PLC0415 - see above

            info = mlflow.xgboost.log_model(trained.estimator, **options)
        else:
            import mlflow.sklearn  # noqa: PLC0415 - see above

            # MLflow's own default (skops) can be loaded by recent MLflow versions only, this by all that serve.
            info = mlflow.sklearn.log_model(trained.estimator, serialization_format="cloudpickle", **options)
        mlflow.log_metrics(dict(trained.metrics), model_id=info.model_id)
        run_id = run.info.run_id
    version = client.create_model_version(
        name, source=f"models:/{info.model_id}", run_id=run_id, model_id=info.model_id, tags={SAMPLE_TAG: key}
    )
    return str(version.version)


def _requirements(flavor: str) -> list[str]:
    names = ("mlflow", "cloudpickle", "numpy", "pandas", *_PACKAGES[flavor])
    return [f"{name}=={_xgboost_version() if name == 'xgboost' else installed(name)}" for name in names]


def _xgboost_version() -> str:
    import xgboost  # noqa: PLC0415 - see above

    # The package is called xgboost-cpu where no GPU build is wanted; a server installs either.
    return str(xgboost.__version__)
