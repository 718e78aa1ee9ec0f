"""Serving engines as the settings know them: plain data. What they make of a model: ``components.serving.engines``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EngineName = Literal["kserve", "seldon"]
# Deployment mode of KServe.
Mode = Literal["Knative", "Standard"]
# Name of no runtime: the engine's own for MLflow models.
AUTO = "auto"
# Model format of what MLflow logs, whatever the library behind it.
MLFLOW: Final = "mlflow"
# Requests and limits of a model server whose runtime says nothing else: those of all runtimes in KServe's charts.
RUNTIME_LIMITS: Mapping[str, str] = {"cpu": "1", "memory": "2Gi"}
# Names of the runtimes in KServe's own chart start with it.
CHART_PREFIX = "kserve-"
# Those of the chart kserve-runtime-configs 0.20 (files/runtimes/resources.yaml), and the model formats that each loads.
CHART_RUNTIMES: Mapping[str, tuple[str, ...]] = {
    "kserve-autogluonserver": ("autogluon",),
    "kserve-huggingfaceserver": ("huggingface",),
    "kserve-huggingfaceserver-multinode": ("huggingface",),
    "kserve-lgbserver": ("lightgbm",),
    "kserve-mlserver": (MLFLOW, "lightgbm", "sklearn", "xgboost"),
    "kserve-paddleserver": ("paddle",),
    "kserve-pmmlserver": ("pmml",),
    "kserve-predictiveserver": ("lightgbm", "sklearn", "xgboost"),
    "kserve-sklearnserver": ("sklearn",),
    "kserve-tensorflow-serving": ("tensorflow",),
    "kserve-torchserve": ("pytorch",),
    "kserve-tritonserver": ("onnx", "pytorch", "tensorflow", "tensorrt", "triton"),
    "kserve-xgbserver": ("xgboost",),
}


class Pattern(StrEnum):
    """What a model may ask of its engine, and an engine may be unable to do."""

    NAMED_RUNTIME = "named runtime"
    SCALE_TO_ZERO = "scale to zero"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why an engine cannot do a pattern.

    Attributes:
        pattern: what it cannot do.
        reason: why; continues the key of the settings that asks for it.
        alternative: what would be right, as an instruction.
        mode: deployment mode of KServe in which that holds; ``None`` for every one.

    """

    pattern: Pattern
    reason: str
    alternative: str
    mode: Mode | None = None

    def __str__(self) -> str:
        """Return the message for the user."""
        return f"{self.reason}; {self.alternative}"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A model server: a runtime of KServe, or a pre-packaged server of Seldon.

    Attributes:
        name: its name in the cluster.
        formats: model formats that it loads.
        protocol: inference protocol that it is asked to speak.
        limits: limits of its container where a model states none; empty where the engine sets none.
        image: name of its image in ``versions.yaml``, and with KServe of its values in the chart of the runtimes;
            ``None`` for the image of the chart, or of a runtime that no chart brings.

    """

    name: str
    formats: tuple[str, ...]
    protocol: str
    limits: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None

    @property
    def format(self) -> str:
        """The format that it is asked for: models come as MLflow folders, so MLflow's where it knows that."""
        return MLFLOW if MLFLOW in self.formats else self.formats[0]


@dataclass(frozen=True, kw_only=True)
class AddedContainer:
    """A container that an engine adds to the pods of a model.

    Attributes:
        what: what it is, for messages.
        limits: its limits.

    """

    what: str
    limits: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """What is known of a serving engine before anything of it is made.

    Attributes:
        name: its name in the settings (``models[].serving``), and the section that installs it.
        title: its name for people.
        schemes: schemes of the URIs that its storage initializer reads.
        runtimes: its own model servers; the first serves models that name none.
        added_container: the largest container that it adds to a pod.
        host_labels: first labels of the hosts under the ingress domain that a model is reached by, with the fields
            ``name`` and ``namespace``; the first is the public one. Empty where the engine makes no host for a model.
        refusals: the patterns that it cannot do.

    """

    name: EngineName
    title: str
    schemes: tuple[str, ...]
    runtimes: tuple[Runtime, ...]
    added_container: AddedContainer
    host_labels: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def refusal(self, pattern: Pattern, *, mode: Mode) -> Refusal | None:
        """Return why it cannot do a pattern, ``None`` where it can; ``mode`` is KServe's."""
        return next(
            (item for item in self.refusals if item.pattern is pattern and (item.mode is None or item.mode == mode)),
            None,
        )

    def runtime(self, name: str, others: Iterable[Runtime] = ()) -> Runtime:
        """Return the model server of a model.

        Args:
            name: its name in the settings, or :data:`AUTO`.
            others: the stack's own runtimes. A runtime that is neither is outside this stack, and taken for one like
                the engine's first.

        """
        if name == AUTO:
            return self.runtimes[0]
        known = {runtime.name: runtime for runtime in (*self.runtimes, *others)}
        return known.get(name) or replace(self.runtimes[0], name=name, image=None)

    def hosts(self, name: str, namespace: str, domain: str) -> tuple[str, ...]:
        """Return the hosts of a model, the public one first."""
        return tuple(f"{label.format(name=name, namespace=namespace)}.{domain}" for label in self.host_labels)


def predictor_name(name: str) -> str:
    """Return the name of the Service, and with Knative of the route, of an InferenceService's predictor."""
    return f"{name}-predictor"


KSERVE = EngineFacts(
    name="kserve",
    title="KServe",
    # KServe 0.20 knows no other bucket (pkg/controller/v1beta1/inferenceservice/utils).
    schemes=("s3", "gs"),
    runtimes=(
        Runtime(name="kserve-mlserver", formats=(MLFLOW,), protocol="v2", limits=RUNTIME_LIMITS, image="mlserver"),
    ),
    # Of the chart kserve-resources 0.20.
    added_container=AddedContainer(what="KServe's storage initializer", limits={"cpu": "1", "memory": "1Gi"}),
    # Of the service, and Knative's of its predictor (pkg/controller/.../ingress/domain.go).
    host_labels=("{name}-{namespace}", predictor_name("{name}") + "-{namespace}"),
    refusals=(
        Refusal(
            pattern=Pattern.SCALE_TO_ZERO,
            reason="0 (scale to zero) needs kserve.mode Knative",
            alternative="use at least 1 in Standard mode",
            mode="Standard",
        ),
    ),
)
SELDON = EngineFacts(
    name="seldon",
    title="Seldon",
    # Its rclone initializer knows the remotes that its Secret configures: s3 (components.serving.engines.rclone).
    schemes=("s3",),
    runtimes=(Runtime(name="MLFLOW_SERVER", formats=(MLFLOW,), protocol="v2", image="mlserver"),),
    # Of the chart seldon-core-operator 1.17.1.
    added_container=AddedContainer(what="Seldon's executor", limits={"cpu": "500m", "memory": "512Mi"}),
    refusals=(
        Refusal(
            pattern=Pattern.SCALE_TO_ZERO,
            reason="0 (scale to zero) is something Seldon cannot do",
            alternative="use at least 1, or serving: kserve",
        ),
        Refusal(
            pattern=Pattern.NAMED_RUNTIME,
            reason="is KServe's: Seldon serves MLflow models by its MLFLOW_SERVER",
            alternative="remove it, or use serving: kserve",
        ),
    ),
)
ENGINES: Mapping[EngineName, EngineFacts] = {engine.name: engine for engine in (KSERVE, SELDON)}
# Object stores that some engine can be given access to.
STORE_SCHEMES = tuple(dict.fromkeys(scheme for engine in ENGINES.values() for scheme in engine.schemes))


def engine_facts(name: Any) -> EngineFacts | None:
    """Return the engine of that name, ``None`` for anything else that the settings may hold there."""
    return next((engine for engine in ENGINES.values() if engine.name == name), None)
