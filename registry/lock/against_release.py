"""Locks compared with the release store: the bytes that are served must be those that were reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.lock.release_facts import fact_faults, release_facts
from registry.lock.verdict import Verdict
from registry.parallel import run_parallel
from registry.release import ReleaseStoreError, ReleaseStoreUnreachableError, open_release_store
from settings.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from registry.artifact.facts_cache import FactsCache
    from registry.lock.verdict import Locked
    from registry.release import ReleaseStore
    from settings.models import ReleaseStore as StoreSettings


def verify_releases(
    locked: Sequence[Locked],
    settings: StoreSettings,
    cache: FactsCache,
    *,
    full: Callable[[str], bool],
    file: str,
) -> Verdict:
    """Return what the release store says of locks.

    Args:
        locked: what is locked.
        settings: the release store.
        cache: facts of releases that were read before.
        full: deployment -> whether its files are read and hashed, whatever the store's checksums say.
        file: name of the stack file, for failures of the store itself.

    """
    if not locked:
        return Verdict()
    # Deployments that serve the same release share one look.
    groups: dict[str, list[Locked]] = {}
    for item in locked:
        groups.setdefault(item.entry.version.storage_uri, []).append(item)
    try:
        store = open_release_store(settings)
        found = run_parallel(lambda group: _verify(group, store, cache, full), groups.values())
    except ReleaseStoreUnreachableError as error:
        if settings.verify == "required":
            return Verdict(problems=(Problem(file=file, key=error.key, message=error.message),))
        return Verdict(unverified=(f"the releases were not compared with their locks: {error.message}",))
    except ReleaseStoreError as error:
        return Verdict(problems=(Problem(file=file, key=error.key, message=error.message),))
    return Verdict(problems=tuple(problem for problems in found for problem in problems))


def _verify(
    group: Sequence[Locked], store: ReleaseStore, cache: FactsCache, full: Callable[[str], bool]
) -> list[Problem]:
    version = group[0].entry.version
    uri, digest = version.storage_uri, version.digest or ""
    look_closely = any(full(item.deployment) for item in group)
    # What each lock remembers of the store may differ; where it does not, one look is enough.
    remembered = {item.entry.files for item in group}
    looks = {files: store.check(uri, files, full=look_closely) for files in remembered}
    problems = []
    for item in group:
        if faults := looks[item.entry.files]:
            problems.append(_problem(item, "files", f"the release at {uri} is not what was locked: {_few(faults)}"))
            continue
        try:
            facts = release_facts(store, uri, item.entry.files, digest, cache)
        except ReleaseStoreUnreachableError:
            raise
        except ReleaseStoreError as error:
            problems.append(_problem(item, "files", error.message))
            continue
        problems += [
            Problem(
                file=item.file,
                key=f"{item.key}.{key}",
                message=f"is not what the release's own files say; somebody edited the lock: {item.again}",
            )
            for key in fact_faults(item.entry.version, facts)
        ]
    return problems


def _problem(item: Locked, key: str, what: str) -> Problem:
    message = (
        f"{what}; serve nothing from there: find out who wrote it, and bring the release back as "
        f"docs/runbooks/release-store.md says; where the lock is what is wrong, lock again: {item.again}"
    )
    return Problem(file=item.file, key=f"{item.key}.{key}", message=message)


def _few(faults: Iterable[str]) -> str:
    listed, most = list(faults), 4
    return "; ".join(listed[:most]) + (f"; and {len(listed) - most} more" if len(listed) > most else "")
