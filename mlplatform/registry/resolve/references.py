"""The models of a stack as references to resolve, and the problems of single references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlplatform.config.models import Model


@dataclass(frozen=True, kw_only=True)
class ModelReference:
    """A model as the stack's configuration names it.

    Attributes:
        registered_model: name in the registry.
        alias: the alias to resolve; exactly one of ``alias`` and ``version`` is set.
        version: the version number as decimal text.
        file: the configuration file, for errors.
        key: the key path of the reference inside it (``models[2]``), for errors.

    """

    registered_model: str
    alias: str | None = None
    version: str | None = None
    file: str
    key: str


def model_references(models: Sequence[Model], *, file: str) -> dict[str, ModelReference]:
    """Return deployment -> what it refers to, in the order of the models.

    Args:
        models: the stack's models.
        file: name of the stack file, for errors.

    """
    return {
        model.name: ModelReference(
            registered_model=model.registered_model,
            alias=model.alias,
            version=model.version,
            file=file,
            key=f"models[{index}]",
        )
        for index, model in enumerate(models)
    }


def file_of(references: Mapping[str, ModelReference]) -> str:
    """Return the configuration file of references, of which there is at least one."""
    return next(iter(references.values())).file


def version_problem(reference: ModelReference, message: str) -> Problem:
    """Return the problem of the version that a reference stands for."""
    field = "version" if reference.version else "alias"
    return Problem(file=reference.file, key=f"{reference.key}.{field}", message=message)


def artifact_problem(reference: ModelReference, version: str, fault: str) -> Problem:
    """Return the problem of a version whose artifact cannot be used; ``fault`` continues "the artifact ..."."""
    return version_problem(reference, f"the artifact of version {version} of '{reference.registered_model}' {fault}")


def in_order(problems: Iterable[Problem], references: Mapping[str, ModelReference]) -> list[Problem]:
    """Return problems in the order of the references; those of the whole stack first."""
    keys = [f"{reference.key}." for reference in references.values()]

    def position(problem: Problem) -> int:
        return next((index for index, key in enumerate(keys) if problem.key.startswith(key)), -1)

    return sorted(problems, key=position)
