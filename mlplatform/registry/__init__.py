"""The model registry: which immutable version a reference of the configuration stands for."""

from mlplatform.registry.model_version import ModelReference, ModelVersion
from mlplatform.registry.resolve.live import resolve_models

__all__ = ["ModelReference", "ModelVersion", "resolve_models"]
