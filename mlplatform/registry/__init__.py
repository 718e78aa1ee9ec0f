"""The model registry: which immutable version a reference of the configuration stands for."""

from mlplatform.registry.facts import ModelFacts
from mlplatform.registry.resolve.live import resolve_models
from mlplatform.registry.resolve.references import ModelReference

__all__ = ["ModelFacts", "ModelReference", "resolve_models"]
