"""The configuration and the locks beside it: each model has its lock, each lock its model. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem
from mlplatform.registry.lock.entry import DEFAULT, lock_command
from mlplatform.registry.lock.lock_check import LockedVariant
from mlplatform.registry.release import release_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlplatform.config.models import Model
    from mlplatform.registry.lock.entry import DeploymentLock, LockEntry
    from mlplatform.registry.lock.folder import LockFolder, ReadLocks


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Locks that fit the configuration.

    Attributes:
        locked: one for each model that has a lock which fits, in the order of the models.
        problems: what does not fit.

    """

    locked: tuple[LockedVariant, ...]
    problems: tuple[Problem, ...]


def match_locks(models: Sequence[Model], read: ReadLocks, folder: LockFolder, *, file: str, store_uri: str) -> Matched:
    """Return the locks of the models, and everything that does not fit.

    Args:
        models: what the stack asks for.
        read: what lies in the stack's folder.
        folder: that folder.
        file: name of the stack file, for the problems.
        store_uri: ``releaseStore.uri``, which all releases lie under.

    """
    stack = folder.stack
    locked: list[LockedVariant] = []
    problems: list[Problem] = list(read.misnamed)
    for index, model in enumerate(models):
        if unusable := read.problems.get(model.name):
            problems += unusable
        elif model.name not in read.locks:
            message = (
                f"has no lock: there is no {folder.file(model.name)}; resolve, review and commit it: "
                f"{lock_command(stack, model.name)}"
            )
            problems.append(Problem(file=file, key=f"models[{index}].name", message=message))
        else:
            lock = read.locks[model.name]
            faults = tuple(_faults(model, lock, store_uri, file))
            again = lock_command(stack, model.name)
            problems += [
                Problem(file=folder.file(model.name), key=key, message=f"{fault}; lock again: {again}")
                for key, fault in faults
            ]
            if not faults:
                locked.append(
                    LockedVariant(
                        stack=stack, deployment=model.name, file=folder.file(model.name), entry=lock.variants[DEFAULT]
                    )
                )
    for name in sorted(read.deployments - {model.name for model in models}):
        message = (
            f"is the lock of a deployment that {file} does not have; delete the file, or remove all such: "
            f"{lock_command(stack)}"
        )
        problems.append(Problem(file=folder.file(name), key="", message=message))
    return Matched(locked=tuple(locked), problems=tuple(problems))


def _faults(model: Model, lock: DeploymentLock, store_uri: str, file: str) -> Iterator[tuple[str, str]]:
    """Yield (key, what does not fit) of one lock."""
    unknown = sorted(set(lock.variants) - {DEFAULT})
    for name in unknown:
        yield f"variants.{name}", f"is a variant that {file} does not have"
    if DEFAULT not in lock.variants:
        yield "variants", f"lacks the variant '{DEFAULT}'"
        return
    entry = lock.variants[DEFAULT]
    for key, right in reference_faults(model, entry).items():
        yield f"variants.{DEFAULT}.{key}", f"does not fit {file}, which asks for {right}"
    version = entry.version
    release = release_uri(store_uri, version.registered_model, version.digest or "")
    if version.storage_uri != release:
        yield f"variants.{DEFAULT}.storageUri", f"is not the release's place in releaseStore.uri, {release}"


def reference_faults(model: Model, entry: LockEntry) -> Mapping[str, str]:
    """Return key of the lock -> what the configuration asks for, where the lock is for something else."""
    version = entry.version
    faults: dict[str, str] = {}
    if version.registered_model != model.registered_model:
        faults["registeredModel"] = f"'{model.registered_model}'"
    if version.alias != model.alias:
        faults["alias"] = f"alias '{model.alias}'" if model.alias else "a version without alias"
    if model.version is not None and version.version != model.version:
        faults["version"] = f"version {model.version}"
    return faults
