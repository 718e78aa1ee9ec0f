"""The model registry: which immutable version a reference of the configuration stands for."""

from registry.model_version import ModelReference, ModelVersion
from registry.resolve import resolve_models

__all__ = ["ModelReference", "ModelVersion", "resolve_models"]
