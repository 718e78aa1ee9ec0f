"""From references to versions: which registered version each alias or version number stands for."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from mlplatform.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.resolve.references import ModelReference

# What names a reference: a deployment, or one of its variants.
Key = TypeVar("Key")
_STAGES = frozenset({"production", "staging", "archived", "none"})
_SHOWN = 8
_CLOSE = 3


@dataclass(frozen=True, kw_only=True)
class VersionRecord:
    """The registry's own record of a version, found for one or more references."""

    name: str
    version: str
    record: ModelVersion


@dataclass(frozen=True, kw_only=True)
class VersionLookup(Generic[Key]):
    """What the registry says of references.

    Attributes:
        versions: key of a reference -> the version it stands for, ``None`` where there is none.
        problems: those of the references without one.
        aliases: registered model -> alias -> version, of all models that were asked for and exist.

    """

    versions: Mapping[Key, VersionRecord | None]
    problems: tuple[Problem, ...]
    aliases: Mapping[str, Mapping[str, str]]


def find_versions(references: Mapping[Key, ModelReference], reader: RegistryReader) -> VersionLookup[Key]:
    """Return for each reference the version it stands for, and the problems of those without one.

    One search answers for all registered models and their aliases, and carries each model's newest version along. Only
    versions that are not the newest are then asked for, each once.
    """
    models = reader.registered_models(reference.registered_model for reference in references.values())
    requested: dict[Key, tuple[str, str]] = {}
    problems: list[Problem] = []
    names: list[str] | None = None
    for key, reference in references.items():
        model = models.get(reference.registered_model)
        if model is None:
            names = reader.model_names() if names is None else names
            problems.append(_missing_model(reference, names))
            continue
        version = reference.version or aliases_of(model).get(reference.alias or "")
        if version is None:
            problems.append(_missing_alias(reference, aliases_of(model)))
            continue
        requested[key] = (model.name, version)
    records = _records(set(requested.values()), models, reader)
    versions: dict[Key, VersionRecord | None] = dict.fromkeys(references)
    for key, item in requested.items():
        record = records.get(item)
        if record is None or record.status != "READY":
            problems.append(_version_problem(references[key], item, record, reader))
        else:
            versions[key] = VersionRecord(name=item[0], version=item[1], record=record)
    aliases = {name: aliases_of(model) for name, model in models.items()}
    return VersionLookup(versions=versions, problems=tuple(problems), aliases=aliases)


def aliases_of(model: RegisteredModel) -> dict[str, str]:
    """Return alias -> version as text; SQLite answers numbers and HTTP texts."""
    return {str(alias): str(version) for alias, version in dict(model.aliases or {}).items()}


def _records(
    requested: set[tuple[str, str]], models: dict[str, RegisteredModel], reader: RegistryReader
) -> dict[tuple[str, str], ModelVersion]:
    newest = {
        (model.name, str(version.version)): version
        for model in models.values()
        for version in model.latest_versions or []
    }
    records = {item: newest[item] for item in requested if item in newest}
    return {**records, **reader.versions_of(requested - records.keys())}


def _version_problem(
    reference: ModelReference, item: tuple[str, str], record: ModelVersion | None, reader: RegistryReader
) -> Problem:
    name, version = item
    if record is None:
        there = _version_list(reader.version_numbers(name))
        message = f"registered model '{name}' has no version {version}, or it was deleted; {there}"
        return _problem(reference, "version" if reference.version else "alias", message)
    message = (
        f"version {version} of '{name}' is not ready (status {record.status}); "
        "wait until its registration has finished, or name another version"
    )
    return _problem(reference, "version" if reference.version else "alias", message)


def _missing_model(reference: ModelReference, names: Sequence[str]) -> Problem:
    name = reference.registered_model
    close = _close_names(name, names)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif names:
        few = ", ".join(sorted(names)[:_SHOWN])
        hint = f"there are {few}{' and more' if len(names) > _SHOWN else ''}"
    else:
        hint = "the registry has no models at all; register one first"
    return _problem(reference, "registeredModel", f"there is no registered model '{name}'; {hint}")


def _close_names(name: str, names: Sequence[str]) -> list[str]:
    """Return names that somebody may have meant, whatever their case, the likeliest first."""
    by_case: dict[str, list[str]] = {}
    for other in names:
        by_case.setdefault(other.lower(), []).append(other)
    close = difflib.get_close_matches(name.lower(), by_case, n=_CLOSE, cutoff=0.6)
    return [other for lowered in close for other in by_case[lowered]][:_CLOSE]


def _missing_alias(reference: ModelReference, aliases: dict[str, str]) -> Problem:
    name, alias = reference.registered_model, reference.alias or ""
    there = ", ".join(f"{key} (version {aliases[key]})" for key in sorted(aliases))
    hint = f"its aliases are {there}" if there else "it has no aliases; set one, or name a version"
    if alias.lower() == "latest":
        message = f"'latest' is a moving name and is never deployed; {hint}"
    elif alias.lower() in _STAGES:
        message = f"'{alias}' is a stage; MLflow deprecated stages, use an alias of '{name}': {hint}"
    else:
        message = f"registered model '{name}' has no alias '{alias}'; {hint}"
    return _problem(reference, "alias", message)


def _version_list(versions: Sequence[int]) -> str:
    if not versions:
        return "it has no versions; register one first"
    few = ", ".join(str(version) for version in versions[:_SHOWN])
    more = f" and {len(versions) - _SHOWN} older ones" if len(versions) > _SHOWN else ""
    return f"it has {few}{more}"


def _problem(reference: ModelReference, field: str, message: str) -> Problem:
    return Problem(file=reference.file, key=f"{reference.key}.{field}", message=message)
