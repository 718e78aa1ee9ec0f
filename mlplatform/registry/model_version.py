"""What the registry knows of one immutable model version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTERNAL_TAGS = "mlflow."


@dataclass(frozen=True, kw_only=True)
class ModelReference:
    """A model as the stack's configuration names it.

    Attributes:
        registered_model: name in the registry.
        alias: the alias to resolve; exactly one of ``alias`` and ``version`` is set.
        version: the version number as decimal text.
        file: the configuration file, for errors.
        key: the key path of the reference inside it (``models[2]``), for errors.

    """

    registered_model: str
    alias: str | None = None
    version: str | None = None
    file: str
    key: str


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """One version of a registered model, with the facts that deployments and reviews use.

    Attributes:
        registered_model: name in the registry.
        version: version number as decimal text (``"3"``), whatever type the backend returned.
        alias: the alias that led here, or ``None`` when the configuration names the version.
        model_id: MLflow 3 logged-model id (``m-...``), or ``None`` for a version logged by MLflow 2.
        run_id: the training run, or ``None`` when the version was registered without one.
        experiment_id: the experiment of that run or of the logged model, ``None`` where neither is known.
        source: the version's source as registered (``models:/m-...``, ``mlflow-artifacts:/...``, ``runs:/...``).
        artifact_uri: the download URI that the registry answers for it.
        storage_uri: the same bytes as the model servers reach them (``s3://...``).
        flavors: the MLmodel's flavors, each with its settings.
        signature: ``{"inputs": [...], "outputs": [...], "params": [...]}`` as in MLmodel, parsed; ``None`` without one.
        requirements: lines of ``requirements.txt``, in file order; ``None`` when the model has no such file.
        python_version: the Python that logged the model (``"3.11.7"``), or ``None``.
        mlflow_version: the MLflow that logged the model, or ``None``.
        metrics: final value of each metric of the logged model (MLflow 3) or the run.
        params: parameters of the run or logged model.
        tags: tags of the model version.
        created_at: creation time in milliseconds since the epoch, UTC.
        created_by: who trained it (the version's user, else the run's), or ``None``.
        digest: ``sha256:<hex>`` over the artifact's files (see :mod:`mlplatform.registry.digest`),
            or ``None`` when it was not computed.
        size: bytes of all its files together, or ``None`` where the store does not tell.

    """

    registered_model: str
    version: str
    alias: str | None
    model_id: str | None
    run_id: str | None
    experiment_id: str | None = None
    source: str
    artifact_uri: str
    storage_uri: str
    flavors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    signature: Mapping[str, Any] | None = None
    requirements: tuple[str, ...] | None = None
    python_version: str | None = None
    mlflow_version: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: int
    created_by: str | None = None
    digest: str | None = None
    size: int | None = None


def requirements_digest(requirements: tuple[str, ...] | None) -> str | None:
    """Return ``sha256:<hex>`` of requirement lines; their order does not matter to an installer. ``None`` of none."""
    if requirements is None:
        return None
    text = "\n".join(sorted(requirements))
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags by name, without those that MLflow sets by itself: they describe the training machine."""
    return {key: value for key, value in sorted(tags.items()) if not key.startswith(_INTERNAL_TAGS)}
