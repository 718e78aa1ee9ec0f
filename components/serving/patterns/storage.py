"""What a serving engine can fetch a model from. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlplatform.config import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from components.serving.served_model import ServedModel


def unreadable_models(models: Iterable[ServedModel], *, file: str) -> Iterator[Problem]:
    """Yield a problem for each model that lies where its serving engine cannot read.

    Args:
        models: all models of the stack, in the order of the settings.
        file: name of the stack file, for the problems.

    """
    for index, served in enumerate(models):
        engine, uri = served.engine.facts, served.version.storage_uri
        if urlsplit(uri).scheme not in engine.schemes:
            readable = " or ".join(f"{scheme}://" for scheme in engine.schemes)
            yield Problem(
                file=file,
                key=f"models[{index}].serving",
                message=f"{engine.name} cannot read {uri}; it reads {readable}",
            )
