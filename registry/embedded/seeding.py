"""Bring the sample models into a registry: idempotent, and never against what a user did.

Each sample version carries the tag ``mlplatform.sample``, set in the request that creates it, when its run, metrics and
files are complete. A registered model whose aliases are set carries ``mlplatform.samples-complete`` and is never
touched again: an alias that a user moves or removes afterwards stays as it is.
"""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

from registry.client.environment import hush, quiet_mlflow
from registry.embedded.samples import SAMPLES, SampleModel, TrainedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlflow.tracking.client import MlflowClient

EXPERIMENT = "mlplatform-samples"
SAMPLE_TAG = "mlplatform.sample"
COMPLETE_TAG = "mlplatform.samples-complete"
_PACKAGES = {"sklearn": ("scikit-learn", "scipy"), "xgboost": ("scikit-learn", "scipy", "xgboost")}


def seed_samples(uri: str, *, report: Callable[[str], None], samples: Sequence[SampleModel] = SAMPLES) -> int:
    """Train and register what is missing of the sample models.

    Args:
        uri: the MLflow server.
        report: receives one line per registered model that was worked on.
        samples: the models.

    Returns:
        Number of versions that were trained.

    """
    # The fluent API takes its server from the environment: nothing global outlives this call.
    variables = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": None, "MLFLOW_EXPERIMENT_ID": None}
    with quiet_mlflow({**variables, "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}):
        from mlflow.tracking.client import MlflowClient  # noqa: PLC0415 - two seconds; only where models are registered

        hush()
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        trained = 0
        for sample in samples:
            trained += _seed_model(client, sample, report)
        return trained


def _seed_model(client: MlflowClient, sample: SampleModel, report: Callable[[str], None]) -> int:
    model = _registered_model(client, sample)
    if COMPLETE_TAG in model.tags:
        return 0
    there = {
        version.tags[SAMPLE_TAG]: version
        for version in client.search_model_versions(f"name='{sample.name}'")
        if SAMPLE_TAG in version.tags
    }
    trained = 0
    scores: dict[str, float] = {}
    for index, train in enumerate(sample.versions):
        key = f"{sample.name}/{index + 1}"
        if key in there:
            scores[str(there[key].version)] = client.get_run(str(there[key].run_id)).data.metrics[sample.metric]
            continue
        result = train()
        scores[_register(client, sample, key, result)] = result.metrics[sample.metric]
        trained += 1
    best = sorted(scores, key=lambda version: scores[version])
    for alias, version in zip(("champion", "challenger"), best, strict=False):
        if alias not in (model.aliases or {}):
            client.set_registered_model_alias(sample.name, alias, version)
    client.set_registered_model_tag(sample.name, COMPLETE_TAG, "true")
    report(f"Registered {sample.name}: {len(scores)} versions, champion is version {best[0]}.")
    return trained


def _registered_model(client: MlflowClient, sample: SampleModel) -> Any:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see above

    try:
        return client.get_registered_model(sample.name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return client.create_registered_model(sample.name, description=sample.description)


def _register(client: MlflowClient, sample: SampleModel, key: str, trained: TrainedModel) -> str:
    """Log one trained model to its own run and register it; return the version."""
    import mlflow  # noqa: PLC0415 - see above
    from mlflow.models import infer_signature  # noqa: PLC0415 - see above

    experiment = client.get_experiment_by_name(EXPERIMENT)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    options: dict[str, Any] = {
        "name": sample.name,
        "signature": infer_signature(trained.example, trained.prediction),
        "input_example": trained.example,
        # Given, because MLflow would else find them out by loading the model in a new process.
        "pip_requirements": _requirements(trained.flavor),
    }
    with mlflow.start_run(experiment_id=experiment_id, run_name=key, tags={SAMPLE_TAG: key}) as run:
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
        sample.name, source=f"models:/{info.model_id}", run_id=run_id, model_id=info.model_id, tags={SAMPLE_TAG: key}
    )
    return str(version.version)


def _requirements(flavor: str) -> list[str]:
    names = ("mlflow", "cloudpickle", "numpy", "pandas", *_PACKAGES[flavor])
    return [f"{name}=={_xgboost_version() if name == 'xgboost' else installed(name)}" for name in names]


def _xgboost_version() -> str:
    import xgboost  # noqa: PLC0415 - see above

    # The package is called xgboost-cpu where no GPU build is wanted; a server installs either.
    return str(xgboost.__version__)
