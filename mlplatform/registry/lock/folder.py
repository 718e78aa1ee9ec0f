"""The lock files of a stack: ``locks/<stack>/<deployment>.yaml`` below the project."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.lock.entry import DEFAULT
from mlplatform.registry.lock.lock_yaml import MAX_BYTES, lock_text
from mlplatform.registry.lock.parse import parse_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlplatform.registry.lock.entry import DeploymentLock, LockEntry

_SUFFIX = ".yaml"
_PART = ".part"


@dataclass(frozen=True, kw_only=True)
class ReadLocks:
    """What lies in a stack's folder.

    Attributes:
        locks: deployment -> its lock.
        problems: deployment -> what is wrong with its file, where that is not to be used.
        misnamed: files that somebody may take for locks, and nothing here does.

    """

    locks: Mapping[str, DeploymentLock]
    problems: Mapping[str, tuple[Problem, ...]]
    misnamed: tuple[Problem, ...] = ()

    def entry(self, deployment: str) -> LockEntry | None:
        """Return what a deployment is locked to, ``None`` without a usable lock."""
        lock = self.locks.get(deployment)
        return lock.variants.get(DEFAULT) if lock else None

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
        """Read all locks of the stack; what is wrong with one does not hide the others.

        Raises:
            ProblemsError: the folder is a link out of the project.

        """
        self._require_inside()
        locks: dict[str, DeploymentLock] = {}
        problems: dict[str, tuple[Problem, ...]] = {}
        for path in sorted(self.path.glob(f"[!.]*{_SUFFIX}")) if self.path.is_dir() else []:
            name = path.name.removesuffix(_SUFFIX)
            try:
                locks[name] = self._read(path, name)
            except ProblemsError as error:
                problems[name] = error.problems
        return ReadLocks(locks=locks, problems=problems, misnamed=tuple(self._misnamed()))

    def write(self, lock: DeploymentLock) -> bool:
        """Write a lock in one step, whole or not at all; return whether the file changed.

        Raises:
            OSError: the file cannot be written.
            ProblemsError: the folder is a link out of the project.

        """
        self._require_inside()
        path, content = self.path_of(lock.deployment), lock_text(lock).encode()
        if len(content) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"a lock has at most {MAX_BYTES} bytes; log the model with fewer files")
        if path.is_file() and path.read_bytes() == content:
            return False
        self.path.mkdir(parents=True, exist_ok=True)
        # Hidden from `read`, and a name of its own: two processes may write one lock.
        part = self.path / f".{path.name}.{secrets.token_hex(8)}{_PART}"
        with self._alone():
            try:
                with part.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return True

    def remove(self, deployment: str) -> None:
        """Remove a lock."""
        self.path_of(deployment).unlink(missing_ok=True)

    def _require_inside(self) -> None:
        """Refuse a folder that lies elsewhere: of a link, git keeps and a reviewer sees the address alone."""
        if not self.path.resolve().is_relative_to(self.project.resolve()):
            message = (
                "is a link out of the project, so that nobody can review what it holds; make it a folder and lock again"
            )
            raise ProblemsError([Problem(file=f"locks/{self.stack}", key="", message=message)])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process write here meanwhile, and remove what killed ones left; only what systems can."""
        try:
            import fcntl  # noqa: PLC0415 - POSIX only

            folder = os.open(self.path, os.O_RDONLY)
        except (ImportError, OSError):
            yield
            return
        try:
            # Some network file systems have no locks; whole files under names of their own do without.
            with contextlib.suppress(OSError):
                fcntl.flock(folder, fcntl.LOCK_EX)
                for left in self.path.glob(f".*{_PART}"):
                    left.unlink(missing_ok=True)
            yield
        finally:
            os.close(folder)

    def _misnamed(self) -> Iterator[Problem]:
        """Yield the problems of ``iris.yml`` and ``iris.YAML``, which mean a lock and are none."""
        for path in sorted(self.path.iterdir()) if self.path.is_dir() else []:
            suffix = path.suffix
            if suffix.lower() in {".yaml", ".yml"} and suffix != _SUFFIX and not path.name.startswith("."):
                right = self.file(path.stem)
                message = f"is no lock by its name; rename it to {right}, or delete it"
                yield Problem(file=f"locks/{self.stack}/{path.name}", key="", message=message)

    def _read(self, path: Path, name: str) -> DeploymentLock:
        file = self.file(name)
        if not path.resolve().is_relative_to(self.project.resolve()):
            message = "is a link out of the project, so that nobody can review what it holds; restore it, or lock again"
            raise ProblemsError([Problem(file=file, key="", message=message)])
        try:
            with path.open("rb") as stream:
                # One byte more than may be there, which `parse_lock` says; cut, it may end within a character, and what
                # replaces that is no shorter.
                content = stream.read(MAX_BYTES + 1)
            text = content.decode(errors="replace" if len(content) > MAX_BYTES else "strict")
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read ({type(error).__name__}); lock again, or restore it"
            raise ProblemsError([Problem(file=file, key="", message=message)]) from None
        return parse_lock(text, stack=self.stack, deployment=name, file=file)
