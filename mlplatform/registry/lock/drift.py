"""How far apart configuration, registry, lock and what is deployed are, and what would bring them together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlplatform.registry.lock.entry import lock_command
from mlplatform.registry.lock.matching import reference_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlplatform.config.models import Model
    from mlplatform.registry.lock.entry import LockEntry
    from mlplatform.registry.lock.folder import ReadLocks

Code = Literal[
    "notRegistered", "aliasMoved", "notLocked", "lockUnusable", "lockOfAnother", "lockWithoutModel", "notDeployed",
    "deployedDiffers", "deployedWithoutModel",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One thing that is apart.

    Attributes:
        code: what kind of thing.
        message: what is apart.
        command: what brings it together, ``None`` where no command alone does.

    """

    code: Code
    message: str
    command: str | None = None

    def __str__(self) -> str:
        """Return the words for a table."""
        return f"{self.message}: {self.command}" if self.command else self.message


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a state says of a deployment: the registered model, its version, and the digest where it is known."""

    registered_model: str | None
    version: str | None
    digest: str | None
    runtime: str | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """Everything that is known of a stack's models.

    Attributes:
        locks: what lies in the stack's folder of locks.
        registry: deployment -> the version that its reference stands for now, ``None`` where there is none; ``None``
            where the registry did not answer.
        deployed: deployment -> what is deployed; ``None`` where no state is known.

    """

    locks: ReadLocks
    registry: Mapping[str, str | None] | None
    deployed: Mapping[str, Deployed] | None


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One deployment with all its versions.

    Attributes:
        deployment: its name.
        model: what the configuration asks for, ``None`` where it has no such deployment any more.
        registry: the version that its reference stands for now, ``None`` for none, or where nobody knows.
        lock: what it is locked to.
        deployed: what is deployed.
        drift: what is apart, the first to mend first.

    """

    deployment: str
    model: Model | None
    registry: str | None
    lock: LockEntry | None
    deployed: Deployed | None
    drift: tuple[Drift, ...]


def model_rows(models: Sequence[Model], known: Known, *, stack: str, locked: bool) -> tuple[ModelRow, ...]:
    """Return a row for each model in the order of the stack, then those that the stack does not have any more.

    Args:
        models: what the stack asks for.
        known: what is known of them.
        stack: name of the stack.
        locked: whether it is served what is locked, rather than what the registry says.

    """
    rows = [_row(model, known, stack, locked=locked) for model in models]
    names = {model.name for model in models}
    gone = (set(known.locks.deployments) | set(known.deployed or {})) - names
    return (*rows, *(_gone(name, known, stack) for name in sorted(gone)))


def _row(model: Model, known: Known, stack: str, *, locked: bool) -> ModelRow:
    now = known.registry.get(model.name) if known.registry is not None else None
    lock = known.locks.entry(model.name)
    deployed = known.deployed.get(model.name) if known.deployed is not None else None
    drift = []
    if known.registry is not None and now is None:
        what = f"alias {model.alias}" if model.alias else f"version {model.version}"
        drift.append(Drift(code="notRegistered", message=f"the registry has no {what} of {model.registered_model}"))
    if locked:
        drift += _lock_drift(model, lock, now, known, stack)
    if known.deployed is not None:
        expected = (lock.version.version if lock else None) if locked else now
        digest = lock.version.digest if locked and lock else None
        drift += _deployment_drift(model, (expected, digest), deployed, _up(stack))
    return ModelRow(deployment=model.name, model=model, registry=now, lock=lock, deployed=deployed, drift=tuple(drift))


def _lock_drift(model: Model, lock: LockEntry | None, now: str | None, known: Known, stack: str) -> Iterator[Drift]:
    again = lock_command(stack, model.name)
    if lock is None:
        if model.name in known.locks.problems:
            yield Drift(code="lockUnusable", message="its lock cannot be used", command=again)
        else:
            yield Drift(code="notLocked", message="not locked", command=again)
        return
    if faults := reference_faults(model, lock):
        yield Drift(code="lockOfAnother", message=f"locked for other than {', '.join(faults.values())}", command=again)
    elif now is not None and now != lock.version.version:
        yield Drift(code="aliasMoved", message=f"alias moved to version {now}", command=again)


def _deployment_drift(
    model: Model, expected: tuple[str | None, str | None], deployed: Deployed | None, up: str
) -> Iterator[Drift]:
    """Yield how a deployment differs from the version and the digest that are wanted, where these are known."""
    version, digest = expected
    if deployed is None:
        yield Drift(code="notDeployed", message="not deployed", command=up)
    elif version is not None and (deployed.registered_model, deployed.version) != (model.registered_model, version):
        is_of = "" if deployed.registered_model == model.registered_model else f" of {deployed.registered_model}"
        message = f"deployed is version {deployed.version}{is_of}, to be version {version}"
        yield Drift(code="deployedDiffers", message=message, command=up)
    elif digest is not None and deployed.digest not in {None, digest}:
        message = f"deployed are other bytes of version {deployed.version}"
        yield Drift(code="deployedDiffers", message=message, command=up)


def _gone(name: str, known: Known, stack: str) -> ModelRow:
    deployed = known.deployed.get(name) if known.deployed is not None else None
    drift = []
    if name in known.locks.deployments:
        drift.append(Drift(code="lockWithoutModel", message="lock without model", command=lock_command(stack)))
    if deployed is not None:
        drift.append(Drift(code="deployedWithoutModel", message="deployed, but in no model", command=_up(stack)))
    return ModelRow(
        deployment=name, model=None, registry=None, lock=known.locks.entry(name), deployed=deployed, drift=tuple(drift)
    )


def _up(stack: str) -> str:
    return f"pulumi up --stack {stack}"
