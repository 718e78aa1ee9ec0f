"""Locks compared with the registry, in one pass: what was reviewed must still be what is registered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from registry.client.failure import RegistryFailureError
from registry.client.session import registry_session
from registry.lock.verdict import Verdict
from registry.model_version import ModelReference
from registry.moments import utc_text
from registry.registered import find_registered
from settings.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from registry.lock.verdict import Locked
    from registry.model_version import ModelVersion
    from registry.registered import RegisteredVersion
    from settings.models import Registry

# Names of values that one message shows.
_SHOWN = 4
_LONGEST = 80
# Tags that MLflow sets by itself are no facts of a review.
_INTERNAL = "mlflow."
_ABSENT = object()


def verify_registered(locked: Sequence[Locked], registry: Registry, *, file: str) -> Verdict:
    """Return what the registry says of locks.

    Args:
        locked: what is locked.
        registry: where the versions are registered.
        file: name of the stack file, for failures of the registry itself.

    """
    if not locked:
        return Verdict()
    references = [
        ModelReference(
            registered_model=item.entry.version.registered_model,
            version=item.entry.version.version,
            file=item.file,
            key=item.key,
        )
        for item in locked
    ]
    try:
        with registry_session(registry) as reader:
            found = find_registered(references, reader)
    except RegistryFailureError as error:
        if registry.verify == "required":
            return Verdict(problems=(Problem(file=file, key=error.key, message=error.message),))
        reason = f"the locks were not compared with the registry: {error.message}"
        return Verdict(unverified=(reason,))
    problems = [
        Problem(file=item.file, key=item.key, message=message)
        for item, version in zip(locked, found.versions, strict=True)
        if version is not None
        for message in _contradictions(item, version)
    ]
    missing = [
        Problem(file=problem.file, key=problem.key, message=f"{problem.message}; then lock again")
        for problem in found.problems
    ]
    notices = [
        notice
        for item, version in zip(locked, found.versions, strict=True)
        for notice in _notices(item, version, found.aliases.get(item.entry.version.registered_model, {}))
    ]
    return Verdict(problems=tuple(missing + problems), notices=tuple(notices))


def _contradictions(item: Locked, now: RegisteredVersion) -> Iterator[str]:
    """Yield a message for each fact that the registry tells otherwise."""
    locked = item.entry.version
    what = f"version {locked.version} of '{locked.registered_model}'"
    advice = f"find out why, then lock what is right: {item.again}"
    if now.lost:
        lost = " and its ".join(now.lost)
        yield f"{what} has lost its {lost} in the registry, so its facts cannot be verified; {advice}"
        return
    old, new = _facts(locked), _facts(now)
    for fact in (fact for fact in old if not _same(old[fact], new[fact])):
        if isinstance(old[fact], dict):
            changes = _differences(old[fact], new[fact])
        else:
            changes = f"{_shown(old[fact])} -> {_shown(new[fact])}"
        yield f"{fact} of {what} changed in the registry since it was locked: {changes}; {advice}"


def _facts(version: ModelVersion | RegisteredVersion) -> dict[str, Any]:
    """Return the facts that never change of a version that nobody touched, by their key in the lock."""
    return {
        "source": version.source,
        "modelId": version.model_id,
        "runId": version.run_id,
        "experimentId": version.experiment_id,
        "artifactUri": version.artifact_uri,
        "createdAt": utc_text(version.created_at),
        "createdBy": version.created_by,
        "metrics": dict(version.metrics),
        "params": dict(version.params),
    }


def _notices(item: Locked, now: RegisteredVersion | None, aliases: Mapping[str, str]) -> Iterator[str]:
    version = item.entry.version
    if version.alias is not None and aliases.get(version.alias) != version.version:
        target = aliases.get(version.alias)
        moved = f"now points to version {target}" if target else "no longer exists"
        yield (
            f"{item.deployment}: alias '{version.alias}' of '{version.registered_model}' {moved}; version "
            f"{version.version} is locked and served until you run: {item.again}"
        )
    if now is None:
        return
    old, new = _own_tags(version.tags), _own_tags(now.tags)
    if old != new:
        yield (
            f"{item.deployment}: tags of version {version.version} of '{version.registered_model}' were edited since "
            f"it was locked: {_differences(old, new)}; to take them over, run: {item.again}"
        )


def _own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(_INTERNAL)}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    changed = [name for name in sorted({*old, *new}) if not _same(old.get(name, _ABSENT), new.get(name, _ABSENT))]
    shown = [f"{_shown(name)} {_shown(old.get(name, _ABSENT))} -> {_shown(new.get(name, _ABSENT))}" for name in changed]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def _same(one: Any, other: Any) -> bool:
    """Compare plain data; not a number is equal to itself."""
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _shown(value: Any) -> str:
    if value is _ABSENT or value is None:
        return "(none)"
    text = value if isinstance(value, str) else json.dumps(value)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
