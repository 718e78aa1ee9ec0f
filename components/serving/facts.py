"""What is known of a served model, as the inputs of its component and as annotations of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import ANNOTATION_PREFIX, labels
from mlplatform.registry.facts import ServedFacts
from mlplatform.registry.facts.views import component_inputs, object_annotations

if TYPE_CHECKING:
    from mlplatform.config import Model
    from mlplatform.registry.facts import ModelFacts


def model_facts(model: Model, version: ModelFacts, *, locked: bool = False) -> dict[str, Any]:
    """Return the inputs of a ``ModelDeployment``: plain data, absent where the registry knows nothing.

    The engine diffs them, keeps them in the state and hands them to the policies, so they hold no time of reading and
    no credentials.

    Args:
        model: what the stack asks for.
        version: what is known of the version that serves it.
        locked: whether the version comes from the lock. Policies see one resource at a time; that a version is locked
            decides where its bytes have to be.

    """
    return {
        "name": model.name,
        "namespace": model.namespace,
        "serving": model.serving,
        "runtime": model.effective_runtime,
        **component_inputs(ServedFacts(**dict(version), locked=locked)),
    }


def immutable_annotations(version: ModelFacts) -> dict[str, str]:
    """Return the facts that never change for a version; a moved alias or edited tag must not restart a pod."""
    return {f"{ANNOTATION_PREFIX}/{name}": value for name, value in object_annotations(version).items()}


def object_metadata(model: Model, version: ModelFacts) -> dict[str, Any]:
    """Return the metadata of the object that serves a model, the same on both engines."""
    return {
        "name": model.name,
        "namespace": model.namespace,
        "labels": labels(model.name),
        "annotations": immutable_annotations(version),
    }
