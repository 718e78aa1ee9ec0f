"""Which versions a stack serves: resolved now (``live``), or as its lock files say (``locked``)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlplatform.config.positions import located
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.artifact.facts_cache import FactsCache
from mlplatform.registry.embedded import foreign_notices
from mlplatform.registry.lock.against_registry import verify_registered
from mlplatform.registry.lock.against_release import verify_releases
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.lock.lock_check import LockCheck
from mlplatform.registry.lock.matching import match_locks
from mlplatform.registry.resolve.live import resolve_models
from mlplatform.registry.resolve.references import model_references

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from mlplatform.config import Settings
    from mlplatform.registry.facts import ModelFacts

VERIFY_VARIABLE = "MLPLATFORM_VERIFY"
"""Environment variable: ``full``, or names of deployments with commas between, whose files are read and hashed."""
VERIFY_ALL = "full"


@dataclass(frozen=True, kw_only=True)
class ServedVersions:
    """The version of each of the stack's models, and how far that was verified.

    Attributes:
        versions: deployment -> version, one for each model of the settings.
        mode: where they come from.
        unverified: why the lock could not be verified in full, a sentence each; empty where it was.
        notices: what a reviewer should know and nothing stops at, such as a moved alias; a sentence each.
        elsewhere: deployment -> the version that its alias stands for now, where another one is locked.

    """

    versions: Mapping[str, ModelFacts]
    mode: str = "live"
    unverified: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def served_versions(
    settings: Settings, *, file: str, stack: str, project: Path, cache_dir: Path | None = None
) -> ServedVersions:
    """Return what the stack serves.

    Args:
        settings: the stack's settings.
        file: name of the stack file, for errors.
        stack: name of the stack.
        project: folder of ``Pulumi.yaml``, which the lock files lie below.
        cache_dir: folder for facts of immutable files, by default the user's cache folder.

    Raises:
        ProblemsError: everything that is wrong, of all models at once. ``live``: the registry cannot be read, or a
            reference stands for nothing. ``locked``: a model without lock or a lock without model, a lock that was
            edited, that the registry contradicts or whose release is not what was locked.

    """
    try:
        return _served_versions(settings, file=file, stack=stack, project=project, cache_dir=cache_dir)
    except ProblemsError as error:
        # The Pulumi engine prints it as it is.
        raise ProblemsError(located(error.problems, project)) from None


def _served_versions(
    settings: Settings, *, file: str, stack: str, project: Path, cache_dir: Path | None
) -> ServedVersions:
    notices = foreign_notices(project, settings.registry) if settings.models else ()
    if settings.registry.mode == "live":
        versions = resolve_models(model_references(settings.models, file=file), settings.registry, cache_dir=cache_dir)
        return ServedVersions(versions=versions, notices=notices)
    store = settings.release_store
    if store is None:
        raise ProblemsError([Problem(file=file, key="releaseStore", message="is required with registry.mode locked")])
    folder = LockFolder(project=project, stack=stack)
    matched = match_locks(settings.models, folder.read(), folder, file=file, store_uri=store.uri)
    # The locks that fit are compared all the same: all that is wrong is told at once.
    fully_verified = named_by(os.environ.get(VERIFY_VARIABLE, ""))
    check = (
        LockCheck(
            problems=tuple(_unknown(fully_verified, [model.name for model in settings.models])) + matched.problems
        )
        + verify_registered(matched.locked, settings.registry, file=file)
        + verify_releases(
            matched.locked,
            store,
            FactsCache(cache_dir),
            full=lambda deployment: not fully_verified.isdisjoint({VERIFY_ALL, deployment}),
            file=file,
        )
    )
    if check.problems:
        raise ProblemsError(check.problems)
    return ServedVersions(
        versions={item.deployment: item.entry.version for item in matched.locked},
        mode="locked",
        unverified=check.unverified,
        notices=notices + check.notices,
        elsewhere=dict(check.elsewhere),
    )


def named_by(value: str) -> frozenset[str]:
    """Return what a value of :data:`VERIFY_VARIABLE` names."""
    return frozenset(name.strip() for name in value.split(",")) - {""}


def _unknown(fully_verified: Collection[str], deployments: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each name that means nothing: whoever sets it relies on what it would do."""
    there = f" ({', '.join(deployments)})" if deployments else ""
    for name in sorted(set(fully_verified) - {VERIFY_ALL, *deployments}):
        yield Problem(
            file="environment",
            key=VERIFY_VARIABLE,
            message=f"{name!r} is neither '{VERIFY_ALL}' nor a deployment of this stack; write '{VERIFY_ALL}', or "
            f"names of deployments{there} with commas between",
        )
