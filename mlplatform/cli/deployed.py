"""What a state says of the models that it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.review.state.urn import MODEL_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.review.state.resources import StackState


def deployed_facts(state: StackState) -> dict[str, Mapping[str, Any]]:
    """Return deployment -> the facts of its component, as :func:`components.serving.facts.model_facts` made them."""
    inputs_of_models = [resource.inputs for resource in state.resources if resource.type == MODEL_TYPE]
    return {str(inputs["name"]): inputs for inputs in inputs_of_models if isinstance(inputs.get("name"), str)}
