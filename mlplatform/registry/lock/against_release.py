"""Locks compared with the release store: the bytes that are served must be those that were reviewed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem
from mlplatform.registry.lock.lock_check import LockCheck
from mlplatform.registry.lock.origin import origin_of
from mlplatform.registry.lock.release_facts import fact_faults, logged_elsewhere, release_facts
from mlplatform.registry.parallel import WORKERS, run_parallel
from mlplatform.registry.release import ReleaseStoreError, ReleaseStoreUnreachableError, open_release_store
from mlplatform.registry.release.failures import INSTANCE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mlplatform.config.models import ReleaseStoreSection
    from mlplatform.registry.artifact.facts_cache import FactsCache
    from mlplatform.registry.lock.lock_check import LockedVariant
    from mlplatform.registry.release import ReleaseStore


def verify_releases(
    locked: Sequence[LockedVariant],
    settings: ReleaseStoreSection,
    cache: FactsCache,
    *,
    full: Callable[[str], bool],
    file: str,
) -> LockCheck:
    """Return what the release store says of locks.

    What contradicts a lock is told whatever else cannot be read. A store that answers nothing at all is silent; one
    that answers and keeps single releases or objects to itself is wrong: something could be hidden there.

    Args:
        locked: what is locked.
        settings: the release store.
        cache: facts of releases that were read before.
        full: deployment -> whether its files are read and hashed, whatever the store's checksums say.
        file: name of the stack file, for failures of the store itself.

    """
    if not locked:
        return LockCheck()
    # Deployments that serve the same release share one look.
    groups: dict[str, list[LockedVariant]] = {}
    for item in locked:
        groups.setdefault(item.entry.version.storage_uri, []).append(item)
    try:
        store = open_release_store(settings, ask_instance=_asks_instance(settings))
        looks = _Looks(store=store, cache=cache, full=full, file=file)
    except ReleaseStoreUnreachableError as error:
        return _silent(error, settings, file)
    except ReleaseStoreError as error:
        return LockCheck(problems=(error.problem(file),))
    looked_at = run_parallel(looks.look, groups.values())
    check = LockCheck(
        problems=tuple(dict.fromkeys(problem for look in looked_at for problem in look.problems)),
        notices=tuple(notice for look in looked_at for notice in look.notices),
    )
    closed = [look for look in looked_at if look.silence]
    if not closed:
        return check
    if not any(look.answered for look in looked_at) and not _answers(looks.store, locked):
        return check + _silent(next(look.silence for look in closed if look.silence), settings, file)
    return check + LockCheck(
        problems=tuple(
            Problem(
                file=item.file,
                key=f"{item.key}.files",
                message=f"cannot be compared with the release at {item.entry.version.storage_uri}, though the release "
                f"store answers otherwise: {look.silence.message}",
            )
            for look in closed
            if look.silence
            for item in look.group
        )
    )


def _asks_instance(settings: ReleaseStoreSection) -> bool:
    """Return whether credentials of this machine's role are looked for.

    That takes a request, and seconds on a machine that is no EC2 instance. So a preview that does without the store
    makes it only where somebody says that there is such a role.
    """
    return settings.verify == "required" or os.environ.get(INSTANCE_VARIABLE, "").lower() == "false"


def _silent(error: ReleaseStoreUnreachableError, settings: ReleaseStoreSection, file: str) -> LockCheck:
    if settings.verify == "required":
        return LockCheck(problems=(error.problem(file),))
    return LockCheck(unverified=(f"the releases were not compared with their locks: {error.message}",))


def _answers(store: ReleaseStore, locked: Sequence[LockedVariant]) -> bool:
    """Return whether a store that said nothing of any release answers at all."""

    def answers(model: str) -> bool:
        try:
            store.require(model)
        except ReleaseStoreError:
            return False
        return True

    return any(run_parallel(answers, {item.entry.version.registered_model for item in locked[:WORKERS]}))


@dataclass(kw_only=True)
class _Look:
    """What was found of one release.

    Attributes:
        group: the locks that serve it.
        problems: what contradicts them.
        notices: what a reviewer should know.
        answered: whether the store said anything of it.
        silence: why the rest is not known.

    """

    group: Sequence[LockedVariant]
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    answered: bool = False
    silence: ReleaseStoreUnreachableError | None = None


@dataclass(frozen=True, kw_only=True)
class _Looks:
    """Looks at releases; threads share it."""

    store: ReleaseStore
    cache: FactsCache
    full: Callable[[str], bool]
    file: str
    silences: list[ReleaseStoreUnreachableError] = field(default_factory=list)

    def look(self, group: Sequence[LockedVariant]) -> _Look:
        look = _Look(group=group)
        if len(self.silences) >= WORKERS:
            # A dead store costs the time-outs of the first few, not those of all.
            look.silence = self.silences[0]
            return look
        try:
            self._look(look)
        except ReleaseStoreUnreachableError as error:
            look.silence = error
            self.silences.append(error)
        except ReleaseStoreError as error:
            look.problems.append(error.problem(self.file))
        return look

    def _look(self, look: _Look) -> None:
        uri = look.group[0].entry.version.storage_uri
        closely = any(self.full(item.deployment) for item in look.group)
        # What each lock remembers of the store may differ; where it does not, one look is enough.
        faults = {}
        for files in dict.fromkeys(item.entry.files for item in look.group):
            faults[files] = self.store.check(uri, files, full=closely)
            look.answered = True
            look.problems += [
                _problem(item, f"the release at {uri} is not what was locked: {_few(faults[files])}")
                for item in look.group
                if item.entry.files == files and faults[files]
            ]
        for item in look.group:
            if not faults[item.entry.files]:
                self._compare_facts(item, look)
        on_record: dict[str, bool] = {}
        for item in look.group:
            origin = origin_of(item.entry.version, uri)
            if origin.uri not in on_record:
                on_record[origin.uri] = origin.is_in(self.store)
            if not on_record[origin.uri]:
                look.problems.append(_without_origin(item, origin.uri))

    def _compare_facts(self, item: LockedVariant, look: _Look) -> None:
        version = item.entry.version
        try:
            facts = release_facts(self.store, version.storage_uri, item.entry.files, version.digest or "", self.cache)
        except ReleaseStoreUnreachableError:
            raise
        except ReleaseStoreError as error:
            look.problems.append(_problem(item, error.message))
            return
        look.problems += [
            Problem(
                file=item.file,
                key=f"{item.key}.{key}",
                message=f"is not what the release's own files say; somebody edited the lock: {item.again}",
            )
            for key in fact_faults(version, facts)
        ]
        if other := logged_elsewhere(version, facts):
            look.notices.append(f"{item.deployment}: {other}")


def _problem(item: LockedVariant, what: str) -> Problem:
    message = (
        f"{what}; serve nothing from there: find out who wrote it, and bring the release back as "
        f"docs/runbooks/release-store.md says; where the lock is what is wrong, lock again: {item.again}"
    )
    return Problem(file=item.file, key=f"{item.key}.files", message=message)


def _without_origin(item: LockedVariant, uri: str) -> Problem:
    version = item.entry.version
    message = (
        f"is not on record as version {version.version} of '{version.registered_model}': the release store has no "
        f"{uri}; somebody edited the lock, or deleted the record: restore the lock from git, or lock again: "
        f"{item.again}"
    )
    return Problem(file=item.file, key=f"{item.key}.digest", message=message)


def _few(faults: Iterable[str]) -> str:
    listed, most = list(faults), 4
    return "; ".join(listed[:most]) + (f"; and {len(listed) - most} more" if len(listed) > most else "")
