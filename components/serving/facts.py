"""What is known of a served model, as the inputs of its component and as annotations of its objects."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import ANNOTATION_PREFIX, labels
from mlplatform.config.engines import ENGINES
from mlplatform.registry.model_version import own_tags, requirements_digest
from mlplatform.registry.timestamps import utc_text

if TYPE_CHECKING:
    from mlplatform.config import Model
    from mlplatform.registry.model_version import ModelVersion

# Every model has this flavor; the other one says what it is.
_GENERIC_FLAVOR = "python_function"
# Per cent of a deployment's requests.
ALL_TRAFFIC = 100


def runtime_of(model: Model) -> str:
    """Return the name of what serves a model: of KServe's runtime, or of Seldon's pre-packaged server."""
    return ENGINES[model.serving].runtime(model.runtime).name


def model_facts(model: Model, version: ModelVersion) -> dict[str, Any]:
    """Return the inputs of a ``ModelDeployment``: plain data, absent where the registry knows nothing.

    The engine diffs them, keeps them in the state and hands them to the policies, so they hold no time of reading and
    no credentials.
    """
    facts = {
        "name": model.name,
        "namespace": model.namespace,
        "serving": model.serving,
        "runtime": runtime_of(model),
        "registeredModel": version.registered_model,
        "alias": version.alias,
        "version": version.version,
        "modelId": version.model_id,
        "runId": version.run_id,
        "experimentId": version.experiment_id,
        "createdBy": version.created_by,
        "createdAt": utc_text(version.created_at),
        "traffic": ALL_TRAFFIC,
        "size": version.size,
        "storageUri": version.storage_uri,
        "digest": version.digest,
        "flavor": _flavor(version),
        "flavors": sorted(version.flavors),
        "signature": _plain(version.signature),
        "requirements": list(version.requirements) if version.requirements is not None else None,
        "requirementsDigest": requirements_digest(version.requirements),
        "pythonVersion": version.python_version,
        "mlflowVersion": version.mlflow_version,
        "metrics": {name: _plain(value) for name, value in sorted(version.metrics.items())},
        "params": dict(sorted(version.params.items())),
        "tags": own_tags(version.tags),
    }
    return {key: value for key, value in facts.items() if value is not None}


def immutable_annotations(version: ModelVersion) -> dict[str, str]:
    """Return the facts that never change for a version; a moved alias or edited tag must not restart a pod."""
    facts = {
        "registered-model": version.registered_model,
        "version": version.version,
        "model-id": version.model_id,
        "run-id": version.run_id,
        "digest": version.digest,
    }
    return {f"{ANNOTATION_PREFIX}/{key}": value for key, value in facts.items() if value is not None}


def object_metadata(model: Model, version: ModelVersion) -> dict[str, Any]:
    """Return the metadata of the object that serves a model, the same on both engines."""
    return {
        "name": model.name,
        "namespace": model.namespace,
        "labels": labels(model.name),
        "annotations": immutable_annotations(version),
    }


def _flavor(version: ModelVersion) -> str | None:
    own = sorted(set(version.flavors) - {_GENERIC_FLAVOR})
    return own[0] if own else next(iter(version.flavors), None)


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: MLflow keeps NaN, and infinity as the largest float there is.

    Metrics have such values, and defaults of a signature's parameters may.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return "NaN"
    if abs(value) >= sys.float_info.max:
        return "Infinity" if value > 0 else "-Infinity"
    return value
