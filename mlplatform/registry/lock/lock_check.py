"""What a check of locks says, in one shape whatever they were compared with, and the locked variant that is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.registry.lock.entry import DEFAULT, lock_command

if TYPE_CHECKING:
    from mlplatform.config.problems import Problem
    from mlplatform.registry.lock.entry import LockEntry


@dataclass(frozen=True, kw_only=True)
class LockCheck:
    """What a check of a stack's locks says.

    Attributes:
        problems: what contradicts a lock; nothing may be served.
        unverified: why something could not be compared, a sentence each.
        notices: what a reviewer should know, a sentence each.
        elsewhere: (deployment, version) where the alias that a lock was made by stands for another version now.

    """

    problems: tuple[Problem, ...] = ()
    unverified: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: LockCheck) -> LockCheck:
        """Return both findings."""
        return LockCheck(
            problems=self.problems + other.problems,
            unverified=self.unverified + other.unverified,
            notices=self.notices + other.notices,
            elsewhere=self.elsewhere + other.elsewhere,
        )


@dataclass(frozen=True, kw_only=True)
class LockedVariant:
    """One variant that the configuration asks for, with what its lock says.

    Attributes:
        stack: name of the stack.
        deployment: name of the deployment.
        file: its lock file, relative to the project.
        entry: what it is locked to.
        variant: name of the variant.

    """

    stack: str
    deployment: str
    file: str
    entry: LockEntry
    variant: str = DEFAULT

    @property
    def place(self) -> tuple[str, str]:
        """Deployment and variant, which is one of a kind in its stack."""
        return (self.deployment, self.variant)

    @property
    def key(self) -> str:
        """Key path of the variant in its file."""
        return f"variants.{self.variant}"

    @property
    def again(self) -> str:
        """The command that locks it again."""
        return lock_command(self.stack, self.deployment)
