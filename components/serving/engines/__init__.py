"""The serving engines: the only modules that know one by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.serving.engines.engine import Engine, ModelRouting
from components.serving.engines.kserve import KServe
from components.serving.engines.seldon import Seldon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config import Model
    from mlplatform.config.engines import EngineName

__all__ = ["ENGINES", "Engine", "KServe", "ModelRouting", "Seldon", "engine_of"]

ENGINES: Mapping[EngineName, Engine] = {engine.name: engine for engine in (KServe(), Seldon())}


def engine_of(model: Model) -> Engine:
    """Return the engine that serves a model."""
    return ENGINES[model.serving]
