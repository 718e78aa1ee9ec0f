"""Locks compared with the registry, in one pass: what was reviewed must still be what is registered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from mlplatform.config.problems import Problem
from mlplatform.registry.client.failure import RegistryFailureError
from mlplatform.registry.client.session import registry_session
from mlplatform.registry.facts.fact import FromRegistry
from mlplatform.registry.facts.records import LoggedIds
from mlplatform.registry.facts.views import read_from_version_record, registry_facts
from mlplatform.registry.lock.lock_check import LockCheck
from mlplatform.registry.lock.plain_data import same_data
from mlplatform.registry.resolve.records import read_registered, version_record
from mlplatform.registry.resolve.references import ModelReference
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.facts.fact import Fact
    from mlplatform.registry.lock.lock_check import LockedVariant
    from mlplatform.registry.resolve.records import Registered
    from mlplatform.registry.resolve.registered_version import RegisteredVersion
    from mlplatform.registry.resolve.versions import VersionLookup, VersionRecord

Now = TypeVar("Now")
# Deployment and variant.
Place = tuple[str, str]
# Names of values that one message shows.
_SHOWN = 4
_LONGEST = 80
_ABSENT = object()


def verify_registered(locked: Sequence[LockedVariant], registry: RegistrySection, *, file: str) -> LockCheck:
    """Return what the registry says of locks.

    Args:
        locked: what is locked.
        registry: where the versions are registered.
        file: name of the stack file, for failures of the registry itself.

    """
    if not locked:
        return LockCheck()
    references = {
        item.place: ModelReference(
            registered_model=item.entry.version.registered_model,
            version=item.entry.version.version,
            file=item.file,
            key=item.key,
        )
        for item in locked
    }
    lookup: VersionLookup[Place] | None = None
    registered: Registered[Place] | None = None
    failure = None
    try:
        with registry_session(registry) as reader:
            lookup = find_versions(references, reader)
            registered = read_registered(lookup, reader, in_files=_ids_in_locks(locked))
    except RegistryFailureError as error:
        failure = error
    # What was read counts, whatever the registry failed at later.
    check = LockCheck()
    if registered is not None:
        check = _compared(locked, registered.versions, _contradictions)
        check += LockCheck(
            notices=tuple(
                notice
                for item in locked
                if (now := registered.versions[item.place]) is not None
                for notice in _additions(item, dict(now))
            )
        )
    elif lookup is not None:
        check = _compared(locked, lookup.versions, _recorded_changes)
    if lookup is not None:
        check += _looked_up(locked, lookup)
    return check if failure is None else check + _failed(failure, registry, file, in_part=lookup is not None)


def _ids_in_locks(locked: Sequence[LockedVariant]) -> dict[tuple[str, str], LoggedIds]:
    """Return what versions are of, as their files said when they were locked; the record of origin vouches for it."""
    versions = [item.entry.version for item in locked]
    return {
        (version.registered_model, version.version): LoggedIds(model_id=version.model_id, run_id=version.run_id)
        for version in versions
    }


def _compared(
    locked: Sequence[LockedVariant],
    versions: Mapping[Place, Now | None],
    compare: Callable[[LockedVariant, Now], Iterable[str]],
) -> LockCheck:
    return LockCheck(
        problems=tuple(
            Problem(file=item.file, key=item.key, message=message)
            for item in locked
            if (now := versions[item.place]) is not None
            for message in compare(item, now)
        )
    )


def _looked_up(locked: Sequence[LockedVariant], lookup: VersionLookup[Place]) -> LockCheck:
    """Return what registered models and versions say by themselves: which are gone, which aliases moved."""
    missing = tuple(
        Problem(file=problem.file, key=problem.key, message=f"{problem.message}; then lock again")
        for problem in lookup.problems
    )
    notices = tuple(
        notice
        for item in locked
        for notice in _notices(
            item, lookup.versions[item.place], lookup.aliases.get(item.entry.version.registered_model, {})
        )
    )
    elsewhere = tuple(
        (item.deployment, target)
        for item in locked
        if (target := _alias_target(item, lookup)) not in {None, item.entry.version.version}
    )
    return LockCheck(problems=missing, notices=notices, elsewhere=elsewhere)


def _alias_target(item: LockedVariant, lookup: VersionLookup[Place]) -> str | None:
    """Return the version that the alias of a lock stands for now, ``None`` without such an alias."""
    version = item.entry.version
    return lookup.aliases.get(version.registered_model, {}).get(version.alias or "")


def _failed(failure: RegistryFailureError, registry: RegistrySection, file: str, *, in_part: bool) -> LockCheck:
    if registry.verify == "required":
        return LockCheck(problems=(Problem(file=file, key=failure.key, message=failure.message),))
    compared = "were not compared with the registry"
    if in_part:
        compared = "were compared with the registry's versions only, not with their runs and logged models"
    return LockCheck(unverified=(f"the locks {compared}: {failure.message}",))


def _contradictions(item: LockedVariant, now: RegisteredVersion) -> Iterator[str]:
    """Yield a message for each fact that the registry tells otherwise."""
    if fault := now.lost_fault or now.unfinished_fault:
        return iter([f"{fault}; {_advice(item)}"])
    return _changes(item, dict(now))


def _recorded_changes(item: LockedVariant, now: VersionRecord) -> Iterator[str]:
    """Yield a message for each fact that a version's own record tells otherwise."""
    return _changes(item, read_from_version_record(version_record(now)))


def _changes(item: LockedVariant, recorded: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each field of a version that the registry tells, and tells otherwise."""
    locked = item.entry.version
    for fact in registry_facts(mutable=False):
        old, new = getattr(locked, fact.name), recorded.get(fact.name, _ABSENT)
        if new is _ABSENT:
            continue
        if _grows(fact):
            new = {name: value for name, value in new.items() if name in old}
        if _same(old, new):
            continue
        plain = [None if value is None else fact.kind.to_lock(value) for value in (old, new)]
        yield (
            f"{fact.key} of version {locked.version} of '{locked.registered_model}' changed in the registry since it "
            f"was locked: {_change(*plain)}; {_advice(item)}"
        )


def _additions(item: LockedVariant, recorded: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each field that the registry tells more of: an evaluation that came after the review."""
    locked = item.entry.version
    for fact in registry_facts(mutable=False):
        old = getattr(locked, fact.name)
        added = {name: value for name, value in recorded[fact.name].items() if name not in old} if _grows(fact) else {}
        if added:
            yield (
                f"{item.deployment}: {fact.key} of version {locked.version} of '{locked.registered_model}' were added "
                f"since it was locked: {_change({}, fact.kind.to_lock(added))}; to take them over, run: {item.again}"
            )


def _grows(fact: Fact) -> bool:
    return isinstance(fact.source, FromRegistry) and fact.source.grows


def _advice(item: LockedVariant) -> str:
    return f"find out why, then lock what is right: {item.again}"


def _notices(item: LockedVariant, now: VersionRecord | None, aliases: Mapping[str, str]) -> Iterator[str]:
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
    recorded = read_from_version_record(version_record(now))
    for fact in registry_facts(mutable=True):
        old, new = fact.kind.to_inputs(getattr(version, fact.name)), fact.kind.to_inputs(recorded[fact.name])
        if old != new:
            yield (
                f"{item.deployment}: {fact.key} of version {version.version} of '{version.registered_model}' were "
                f"edited since it was locked: {_change(old, new)}; to take them over, run: {item.again}"
            )


def _change(old: Any, new: Any) -> str:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _differences(old, new)
    return f"{_shown(old)} -> {_shown(new)}"


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    changed = [name for name in sorted({*old, *new}) if not _same(old.get(name, _ABSENT), new.get(name, _ABSENT))]
    changes = [
        f"{_shown(name)} {_shown(old.get(name, _ABSENT))} -> {_shown(new.get(name, _ABSENT))}" for name in changed
    ]
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return ", ".join(changes[:_SHOWN]) + more


def _same(one: Any, other: Any) -> bool:
    return one is other if one is _ABSENT or other is _ABSENT else same_data(one, other)


def _shown(value: Any) -> str:
    if value is _ABSENT or value is None:
        return "(none)"
    text = value if isinstance(value, str) else json.dumps(value)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
