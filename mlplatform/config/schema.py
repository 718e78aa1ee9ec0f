"""What the settings' models say about a key path: which model, which field, which secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from mlplatform.config.models import Settings
from mlplatform.config.secret import SecretField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

KeyPath = tuple[str | int, ...]


def without_tags(location: KeyPath) -> KeyPath:
    """Return the key path of a pydantic location, in which a union's own entries follow the kind that was given."""
    path: list[str | int] = []
    models: list[type[BaseModel]] = [Settings]
    for part in location:
        if len(models) > 1 and (chosen := _of_kind(models, part)):
            models = [chosen]
            continue
        path.append(part)
        if not isinstance(part, int):
            models = _below(models, part)
    return tuple(path)


def models_at(location: KeyPath) -> list[type[BaseModel]]:
    """Return the models that a pydantic location may be of: one, several of a union that is not decided, or none."""
    models: list[type[BaseModel]] = [Settings]
    for part in location:
        if len(models) > 1 and (chosen := _of_kind(models, part)):
            models = [chosen]
        elif not isinstance(part, int):
            models = _below(models, part)
    return models


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields of a model under the names that users write."""
    yield from ((info.alias or name, info) for name, info in model.model_fields.items())


def kinds_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the values of ``kind`` that say that an entry of a union is of this model."""
    return get_args(model.model_fields["kind"].annotation)


def secret_fields(model: type[BaseModel], path: KeyPath) -> Iterator[KeyPath]:
    """Yield the key paths of the fields that must be secret."""
    for name, info in fields_of(model):
        here = (*path, name)
        if SecretField in (info.annotation, *get_args(info.annotation)):
            yield here
        else:
            for inner in _inner_models(info.annotation):
                yield from secret_fields(inner, here)


def _below(models: list[type[BaseModel]], part: str) -> list[type[BaseModel]]:
    return [
        inner
        for model in models
        for name, info in fields_of(model)
        if name == part
        for inner in _inner_models(info.annotation)
    ]


def _of_kind(models: list[type[BaseModel]], kind: str | int) -> type[BaseModel] | None:
    return next((model for model in models if kind in kinds_of(model)), None)


def _inner_models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for arg in get_args(annotation) for model in _inner_models(arg)]
