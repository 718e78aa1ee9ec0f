"""The models of a stack as references to resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.model_version import ModelReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from settings.models import Model


def model_references(models: Sequence[Model], *, file: str) -> tuple[ModelReference, ...]:
    """Return one reference per model, in order.

    Args:
        models: the stack's models.
        file: name of the stack file, for errors.

    """
    return tuple(
        ModelReference(
            registered_model=model.registered_model,
            alias=model.alias,
            version=model.version,
            file=file,
            key=f"models[{index}]",
        )
        for index, model in enumerate(models)
    )
