"""The models of a stack, each with its version and the object that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.serving.engines import Engine, engine_of
from components.serving.patterns.storage import unreadable_models
from mlplatform.config import ProblemsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.serving.engines.engine import Manifest
    from mlplatform.config import Model, Settings
    from mlplatform.registry.facts import ModelFacts


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model of the settings, resolved: everything that is made for it starts from here.

    Attributes:
        model: what the stack asks for.
        version: the version that its reference resolved to, or that the lock names.
        manifest: the object of its serving engine.

    """

    model: Model
    version: ModelFacts
    manifest: Manifest

    @property
    def engine(self) -> Engine:
        """The engine that serves it."""
        return engine_of(self.model)


def served_models(settings: Settings, versions: Mapping[str, ModelFacts], *, file: str) -> tuple[ServedModel, ...]:
    """Return all models of a stack, in the order of the settings.

    Args:
        settings: the stack's settings.
        versions: deployment -> the version of its model.
        file: name of the stack file, for errors.

    Raises:
        ProblemsError: models lie where their serving engine cannot read.

    """
    models = tuple(
        ServedModel(
            model=model,
            version=versions[model.name],
            manifest=engine_of(model).manifest(model, versions[model.name], settings),
        )
        for model in settings.models
    )
    if problems := tuple(unreadable_models(models, file=file)):
        raise ProblemsError(problems)
    return models
