"""The models of a stack, each with its version and the object that serves it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.serving.engines import Engine, engine_of
from mlplatform.config import Problem, ProblemsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
    if problems := tuple(_unreadable(models, file=file)):
        raise ProblemsError(problems)
    return models


def _unreadable(models: Iterable[ServedModel], *, file: str) -> Iterator[Problem]:
    """Yield a problem for each model that lies where its serving engine cannot read.

    Args:
        models: all models of the stack, in the order of the settings.
        file: name of the stack file, for the problems.

    """
    for index, served in enumerate(models):
        engine, uri = served.engine.facts, served.version.storage_uri
        if cut := re.search("[?#]", uri):
            yield Problem(
                file=file,
                key=f"models[{index}].registeredModel",
                message=f"version {served.version.version} lies at {uri}, which model servers would cut at "
                f"'{cut.group()}' and then load something else; log it to a path without '?' and '#', or lock it: "
                "a release has another address",
            )
            continue
        if urlsplit(uri).scheme not in engine.schemes:
            readable = " or ".join(f"{scheme}://" for scheme in engine.schemes)
            yield Problem(
                file=file,
                key=f"models[{index}].serving",
                message=f"{engine.name} cannot read {uri}; it reads {readable}",
            )
