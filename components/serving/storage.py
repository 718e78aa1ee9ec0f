"""What a serving engine can fetch a model from. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlplatform.config import Problem
from mlplatform.config.engines import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlplatform.config import Model
    from mlplatform.registry.facts import ModelFacts


def unreadable_models(models: Sequence[Model], versions: Mapping[str, ModelFacts], *, file: str) -> Iterator[Problem]:
    """Yield a problem for each model that lies where its serving engine cannot read.

    Args:
        models: what the stack asks for.
        versions: deployment -> its resolved version.
        file: name of the stack file, for the problems.

    """
    for index, model in enumerate(models):
        version = versions[model.name]
        readable = ENGINES[model.serving].schemes
        if urlsplit(version.storage_uri).scheme not in readable:
            places = " or ".join(f"{scheme}://" for scheme in readable)
            yield Problem(
                file=file,
                key=f"models[{index}].serving",
                message=f"{model.serving} cannot read {version.storage_uri}; it reads {places}",
            )
