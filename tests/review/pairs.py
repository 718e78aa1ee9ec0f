"""Pairs of realistic states: what a pull request changes, in the form that the components write it."""

import hashlib

from tests.review.states import PROVIDER, SECRET, STACK, entry, namespace, state

MODELS = "urn:pulumi:dev::mlplatform::mlplatform:serving:ModelDeployments::models"
CHAIN = "urn:pulumi:dev::mlplatform::mlplatform:serving:ModelDeployments$mlplatform:serving:ModelDeployment"
TRACKING = "https://mlflow.example.org"
IRIS_INPUTS = [
    {"name": f"{part} {measure} (cm)", "type": "double", "required": True}
    for part in ("sepal", "petal")
    for measure in ("length", "width")
]
REQUIREMENTS = ["mlflow==3.4.0", "numpy==2.3.3", "pandas==2.3.2", "scikit-learn==1.7.1", "scipy==1.16.2"]


def _hex(*parts):
    return hashlib.sha256("/".join(parts).encode("utf-8", "replace")).hexdigest()


def facts(name="iris", version="1", **more):
    """Return the inputs of a model's component; ``None`` leaves a fact out."""
    registered = more.pop("registeredModel", f"{name}-classifier")
    digest = _hex(registered, version)
    engine = more.get("serving", "kserve")
    own = {
        "name": name,
        "namespace": "models",
        "serving": engine,
        "runtime": {"kserve": "kserve-mlserver", "seldon": "MLFLOW_SERVER"}[engine],
        "registeredModel": registered,
        "alias": "champion",
        "version": version,
        "modelId": f"m-{_hex('model', registered, version)[:32]}",
        "runId": _hex("run", registered, version)[:32],
        "experimentId": "1",
        "createdBy": "ada",
        "createdAt": f"2026-11-{int(version):02}T09:30:00.120Z" if int(version) < 30 else "2026-11-30T09:30:00.120Z",
        "traffic": 100,
        "size": 7413 + int(version),
        "storageUri": f"s3://model-releases/{registered}/sha256-{digest}",
        "digest": f"sha256:{digest}",
        "flavor": "sklearn",
        "flavors": ["python_function", "sklearn"],
        "signature": {"inputs": IRIS_INPUTS, "outputs": [{"type": "long", "required": True}], "params": None},
        "requirements": REQUIREMENTS,
        "requirementsDigest": f"sha256:{_hex(*REQUIREMENTS)}",
        "pythonVersion": "3.12.3",
        "mlflowVersion": "3.4.0",
        "metrics": {"accuracy": 0.9466666666666667, "f1_macro": 0.9465811965811965, "log_loss": 0.1372},
        "params": {"criterion": "gini", "max_depth": "4", "n_estimators": "100"},
        "tags": {"team": "flowers"},
        **more,
    }
    return {key: value for key, value in own.items() if value is not None}


def served(*models, unverified=(), notices=(), mode="locked", directions=None, environment="development", **options):
    """Return the component of all models with each model's component and the object that serves it."""
    shared = entry(
        MODELS,
        {
            "registry": {"mode": mode, "trackingUri": TRACKING, "verified": not unverified},
            "metricDirections": directions or {},
            "environment": environment,
        },
        custom=False,
        outputs={"unverified": list(unverified), "notices": list(notices)},
    )
    facts_of_mode = {"locked": True} if mode == "locked" else {}
    return [shared, *(item for model in models for item in _deployment({**model, **facts_of_mode}, **options))]


def _deployment(model, *, limits=True):
    name = model["name"]
    component = f"{CHAIN}::{name}"
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}, **({"limits": {"memory": "1Gi"}} if limits else {})}
    version, uri = model["version"], model["storageUri"]
    metadata = {"name": name, "namespace": "models", "annotations": {"mlplatform.dev/version": version}}
    if model["serving"] == "kserve":
        kind = "serving.kserve.io/v1beta1:InferenceService"
        predictor = {"modelFormat": {"name": "mlflow"}, "storageUri": uri, "resources": resources}
        body = {"spec": {"predictor": {"model": predictor}}}
    else:
        kind = "machinelearning.seldon.io/v1:SeldonDeployment"
        graph = {"name": "model", "implementation": model["runtime"], "modelUri": uri}
        containers = [{"name": "model", "resources": resources}]
        predictor = {"name": "default", "graph": graph, "componentSpecs": [{"spec": {"containers": containers}}]}
        body = {"spec": {"predictors": [predictor]}}
    group, _, short = kind.rpartition(":")
    yield entry(component, model, custom=False, parent=MODELS)
    yield entry(
        f"{CHAIN}$kubernetes:{kind}::{name}",
        {"apiVersion": group, "kind": short, "metadata": metadata, **body},
        parent=component,
        provider=f"{PROVIDER}::id",
    )


def kube(kind, name, **inputs):
    """Return an object of the cluster, managed by the stack's provider."""
    options = {key: inputs.pop(key) for key in ("protect", "retainOnDelete", "parent") if key in inputs}
    group, _, short = kind.rpartition(":")
    return entry(
        f"urn:pulumi:dev::mlplatform::kubernetes:{kind}::{name}",
        {"apiVersion": group.removeprefix("core/"), "kind": short, "metadata": {"name": name}, **inputs},
        provider=f"{PROVIDER}::id",
        **options,
    )


def volume(storage_class="standard", **more):
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class}
    return kube("core/v1:PersistentVolumeClaim", "model-cache", spec=spec, **more)


def settings(host="a.example.org"):
    return kube("core/v1:ConfigMap", "settings", data={"host": host})


def credentials():
    return kube("core/v1:Secret", "model-store", data={"key": SECRET})


def platform(*more, spaces=("models",)):
    return [item for name in spaces for item in [namespace(name)]] + [credentials(), *more]


OTHERS = (
    facts("sales", "7", registeredModel="sales-forecast", metrics={"rmse": 12.5, "mape": 0.081}),
    facts("wine", "3", metrics={"accuracy": 0.97}),
)
BETTER = facts(
    version="2", createdBy="grace", metrics={"accuracy": 0.98, "f1_macro": 0.9799, "log_loss": 0.0912},
    params={"criterion": "gini", "max_depth": "6", "n_estimators": "300"},
    requirements=[*REQUIREMENTS[:3], "scikit-learn==1.7.2", "scipy==1.16.2"],
)  # fmt: skip
WORSE = facts(version="2", createdBy="grace", metrics={"accuracy": 0.9266, "f1_macro": 0.9258, "log_loss": 0.1372})
BREAKING = facts(
    version="2",
    createdBy="grace",
    signature={
        "inputs": [
            {"name": "sepal length (cm)", "type": "string", "required": True},
            *IRIS_INPUTS[2:],
            {"name": "species hint", "type": "string", "required": True},
        ],
        "outputs": [{"type": "double", "required": True}],
        "params": None,
    },
)
COMPATIBLE = facts(
    version="2",
    signature={
        "inputs": [*IRIS_INPUTS, {"name": "humidity", "type": "double", "required": False}],
        "outputs": [{"type": "long", "required": True}],
        "params": None,
    },
)
OTHER_FLAVOR = facts(
    version="2", flavor="xgboost", flavors=["python_function", "xgboost"], size=2_411_724,
    requirements=["mlflow==3.4.0", "numpy==2.3.3", "xgboost==3.0.5"], pythonVersion="3.13.1",
)  # fmt: skip
CANARY = facts(
    traffic=90,
    variants={
        "canary": {
            key: value
            for key, value in {**BETTER, "alias": "challenger", "traffic": 10}.items()
            if key not in {"name", "namespace", "serving", "runtime"}
        }
    },
)
ON_SELDON = facts(serving="seldon")
SWAPPED = facts(version="4", registeredModel="iris-neural", flavor="pytorch", flavors=["python_function", "pytorch"])
REASONS = ("the registry https://mlflow.example.org does not answer: connection refused",)
NOTICES = ("iris: the alias champion points to version 3 now; to take it: mlplatform lock dev iris",)


def _many(version):
    return [
        facts(f"model-{index:03}", version, metrics={"auc": 0.8 + index / 2000 + int(version) * (index % 7 - 3) / 500})
        for index in range(300)
    ]


def _pair(before, after, *, old=(), new=(), **options):
    return (
        state(platform(*old), served(*before, *OTHERS)),
        state(platform(*new), served(*after, *OTHERS, **options)),
    )


def _elsewhere(model):
    """Return a model as a live stack serves it: from where MLflow keeps it."""
    place = f"s3://mlflow-artifacts/1/models/{model['modelId']}/artifacts"
    return {**model, "storageUri": place}


def _mode(mode, *models):
    models = [*models, *OTHERS]
    if mode == "live":
        return state(platform(), served(*map(_elsewhere, models), mode=mode, environment="production"))
    return state(platform(), served(*models, mode=mode, environment="production"))


IRIS = facts()
PAIRS = {
    "new-model": _pair([], [IRIS]),
    "better": _pair([IRIS], [BETTER]),
    "worse": _pair([IRIS], [WORSE]),
    "breaking": _pair([IRIS], [BREAKING]),
    "compatible": _pair([IRIS], [COMPATIBLE]),
    "other-flavor": _pair([IRIS], [OTHER_FLAVOR]),
    "retired": _pair([IRIS], []),
    "canary": _pair([IRIS], [CANARY]),
    "engine-switch": _pair([IRIS], [ON_SELDON]),
    "infrastructure": _pair(
        [IRIS], [IRIS], old=[volume(), settings(), kube("apps/v1:StatefulSet", "minio", spec={"replicas": 1})],
        new=[volume("fast"), settings("b.example.org")],
    ),
    "three-hundred": (state(platform(), served(*_many("1"))), state(platform(), served(*_many("2")))),
    "nothing": _pair([IRIS], [IRIS]),
    "unverified": _pair([IRIS], [BETTER], unverified=REASONS, notices=NOTICES),
    "policy": _pair([IRIS], [BETTER], limits=False),
    "swapped": _pair([IRIS], [SWAPPED]),
    "older": _pair([facts(version="3")], [IRIS]),
    "live-to-locked": (_mode("live", IRIS), _mode("locked", IRIS)),
    "locked-to-live": (_mode("locked", IRIS), _mode("live", BETTER)),
    "alias": _pair([IRIS], [facts(alias="challenger")]),
    "all-at-once": (
        state(
            platform(
                volume(), settings(), kube("core/v1:ConfigMap", "old", data={}),
                kube("postgresql.cnpg.io/v1:Cluster", "registry", spec={"instances": 3}, retainOnDelete=True),
                spaces=("models", "retired"),
            ),
            served(IRIS, facts("cancer", "5"), facts("churn", "2"), *OTHERS),
        ),
        state(
            platform(volume("fast"), settings("b.example.org")),
            served(BREAKING, facts("cancer", "6", metrics={"accuracy": 0.91}), facts("fraud", "1"), *OTHERS,
                   unverified=REASONS, notices=NOTICES),
        ),
    ),
}  # fmt: skip

__all__ = ["PAIRS", "STACK", "facts", "kube", "platform", "served", "settings", "volume"]
