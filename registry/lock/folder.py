"""The lock files of a stack: ``locks/<stack>/<deployment>.yaml`` below the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.lock.parse import parse_lock
from registry.lock.text import lock_text
from settings.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from registry.lock.entry import DeploymentLock

_SUFFIX = ".yaml"


@dataclass(frozen=True, kw_only=True)
class ReadLocks:
    """What lies in a stack's folder.

    Attributes:
        locks: deployment -> its lock.
        problems: deployment -> what is wrong with its file, where that is not to be used.

    """

    locks: Mapping[str, DeploymentLock]
    problems: Mapping[str, tuple[Problem, ...]]

    @property
    def deployments(self) -> frozenset[str]:
        """Names of all files, usable or not."""
        return frozenset(self.locks) | frozenset(self.problems)


@dataclass(frozen=True, kw_only=True)
class LockFolder:
    """The folder of one stack's locks.

    Attributes:
        project: folder of ``Pulumi.yaml``.
        stack: name of the stack.

    """

    project: Path
    stack: str

    @property
    def path(self) -> Path:
        """The folder itself; it need not exist."""
        return self.project / "locks" / self.stack

    def path_of(self, deployment: str) -> Path:
        """Return the file of a deployment's lock."""
        return self.path / f"{deployment}{_SUFFIX}"

    def file(self, deployment: str) -> str:
        """Return that file as problems name it, relative to the project."""
        return f"locks/{self.stack}/{deployment}{_SUFFIX}"

    def read(self) -> ReadLocks:
        """Read all locks of the stack; what is wrong with one does not hide the others."""
        locks: dict[str, DeploymentLock] = {}
        problems: dict[str, tuple[Problem, ...]] = {}
        for path in sorted(self.path.glob(f"[!.]*{_SUFFIX}")) if self.path.is_dir() else []:
            name = path.name.removesuffix(_SUFFIX)
            try:
                locks[name] = self._read(path, name)
            except ProblemsError as error:
                problems[name] = error.problems
        return ReadLocks(locks=locks, problems=problems)

    def write(self, lock: DeploymentLock) -> bool:
        """Write a lock in one step, whole or not at all; return whether the file changed."""
        path, content = self.path_of(lock.deployment), lock_text(lock).encode()
        if path.is_file() and path.read_bytes() == content:
            return False
        self.path.mkdir(parents=True, exist_ok=True)
        # Hidden from git's eyes and from `read`; a leftover of a killed process is written over.
        part = self.path / f".{path.name}.part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return True

    def remove(self, deployment: str) -> None:
        """Remove a lock."""
        self.path_of(deployment).unlink(missing_ok=True)

    def _read(self, path: Path, name: str) -> DeploymentLock:
        file = self.file(name)
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read ({type(error).__name__}); lock again, or restore it"
            raise ProblemsError([Problem(file=file, key="", message=message)]) from None
        return parse_lock(text, stack=self.stack, deployment=name, file=file)
