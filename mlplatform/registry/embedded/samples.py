"""Sample models for the embedded registry, really trained on data that ships with scikit-learn.

Every training is deterministic (fixed seeds, one split per data set) and takes a fraction of a second; the metrics are
those of the held-out quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SEED = 7
_TEST_SHARE = 0.25


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """One trained model with what belongs to it.

    Attributes:
        estimator: the fitted scikit-learn or XGBoost estimator.
        flavor: MLflow flavor to log it with.
        example: two rows of held-out input, as a data frame.
        prediction: what the estimator answers for ``example``.
        params: hyperparameters.
        metrics: metrics on held-out data.

    """

    estimator: Any
    flavor: Literal["sklearn", "xgboost"]
    example: Any
    prediction: Any
    params: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class SampleModel:
    """A registered model of the samples.

    Attributes:
        name: name in the registry.
        description: what it predicts.
        metric: the metric that the aliases are chosen by; less is better.
        versions: one training per version, in the order of registration.

    """

    name: str
    description: str
    metric: str
    versions: tuple[Callable[[], TrainedModel], ...]


def _classification(data: Any, estimator: Any, params: Mapping[str, Any], flavor: Any = "sklearn") -> TrainedModel:
    from sklearn import metrics  # noqa: PLC0415 - a second; only where models are trained

    x_train, x_test, y_train, y_test = _split(data)
    estimator.fit(x_train, y_train)
    predicted = estimator.predict(x_test)
    return TrainedModel(
        estimator=estimator,
        flavor=flavor,
        example=x_test.head(2),
        prediction=estimator.predict(x_test.head(2)),
        params=params,
        metrics={
            "accuracy": float(metrics.accuracy_score(y_test, predicted)),
            "f1": float(metrics.f1_score(y_test, predicted, average="macro")),
            "log_loss": float(metrics.log_loss(y_test, estimator.predict_proba(x_test))),
        },
    )


def _regression(data: Any, estimator: Any, params: Mapping[str, Any]) -> TrainedModel:
    from sklearn import metrics  # noqa: PLC0415 - a second; only where models are trained

    x_train, x_test, y_train, y_test = _split(data)
    estimator.fit(x_train, y_train)
    predicted = estimator.predict(x_test)
    return TrainedModel(
        estimator=estimator,
        flavor="sklearn",
        example=x_test.head(2),
        prediction=estimator.predict(x_test.head(2)),
        params=params,
        metrics={
            "mae": float(metrics.mean_absolute_error(y_test, predicted)),
            "r2": float(metrics.r2_score(y_test, predicted)),
            "rmse": float(metrics.root_mean_squared_error(y_test, predicted)),
        },
    )


def _split(data: Any) -> Any:
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - see above

    # Integer labels: a class number is what the V2 protocol can carry.
    stratify = data.target if data.target.dtype.kind == "i" else None
    return train_test_split(data.data, data.target, test_size=_TEST_SHARE, random_state=SEED, stratify=stratify)


def _iris_logistic(strength: float) -> TrainedModel:
    from sklearn.datasets import load_iris  # noqa: PLC0415 - see above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see above
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415 - see above
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 - see above

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500, random_state=SEED))
    return _classification(load_iris(as_frame=True), pipeline, {"estimator": "LogisticRegression", "C": strength})


def _iris_forest() -> TrainedModel:
    from sklearn.datasets import load_iris  # noqa: PLC0415 - see above
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - see above

    params = {"n_estimators": 60, "max_depth": 4}
    forest = RandomForestClassifier(**params, random_state=SEED)
    return _classification(load_iris(as_frame=True), forest, {"estimator": "RandomForestClassifier", **params})


def _diabetes_ridge() -> TrainedModel:
    from sklearn.datasets import load_diabetes  # noqa: PLC0415 - see above
    from sklearn.linear_model import Ridge  # noqa: PLC0415 - see above

    params = {"alpha": 5.0}
    return _regression(load_diabetes(as_frame=True), Ridge(**params), {"estimator": "Ridge", **params})


def _diabetes_boosting() -> TrainedModel:
    from sklearn.datasets import load_diabetes  # noqa: PLC0415 - see above
    from sklearn.ensemble import GradientBoostingRegressor  # noqa: PLC0415 - see above

    params = {"n_estimators": 60, "learning_rate": 0.06, "max_depth": 3}
    boosting = GradientBoostingRegressor(**params, random_state=SEED)
    return _regression(load_diabetes(as_frame=True), boosting, {"estimator": "GradientBoostingRegressor", **params})


def _breast_cancer(rounds: int, depth: int) -> TrainedModel:
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415 - see above
    from xgboost import XGBClassifier  # noqa: PLC0415 - see above

    params = {"n_estimators": rounds, "max_depth": depth, "learning_rate": 0.15}
    # One thread and the exact method: the same trees on every machine.
    booster = XGBClassifier(**params, tree_method="exact", n_jobs=1, random_state=SEED)
    data = load_breast_cancer(as_frame=True)
    return _classification(data, booster, {"estimator": "XGBClassifier", **params}, "xgboost")


SAMPLES = (
    SampleModel(
        name="iris-classifier",
        description="Species of an iris flower from four lengths and widths in cm.",
        metric="log_loss",
        versions=(lambda: _iris_logistic(0.01), lambda: _iris_logistic(1.0), _iris_forest),
    ),
    SampleModel(
        name="diabetes-regressor",
        description="Progression of diabetes after one year from ten scaled measurements.",
        metric="rmse",
        versions=(_diabetes_ridge, _diabetes_boosting),
    ),
    SampleModel(
        name="breast-cancer-detector",
        description="Whether a breast mass is benign (1) from thirty measurements of a cell image.",
        metric="log_loss",
        versions=(lambda: _breast_cancer(10, 2), lambda: _breast_cancer(60, 3)),
    ),
)
