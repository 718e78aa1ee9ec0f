"""Locking: from the configuration to releases and lock files.

Everything is resolved before anything is downloaded. Then one artifact after the other is downloaded, released,
verified and locked, so that each lock is complete in itself: whatever ends the command, every lock file refers to a
whole release, and the next run goes on where this one stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.artifact.download import ArtifactBytes
from mlplatform.registry.artifact.errors import ArtifactError
from mlplatform.registry.artifact.facts_cache import FactsCache
from mlplatform.registry.client.failure import RegistryFailureError
from mlplatform.registry.client.session import registry_session
from mlplatform.registry.lock.artifacts import LockableArtifact, find_artifacts
from mlplatform.registry.lock.entry import DEFAULT, DeploymentLock, LockEntry
from mlplatform.registry.lock.releasing import Overwritten, Releaser
from mlplatform.registry.release import ReleaseStoreError, ReleaseStoreUnreachableError, open_release_store
from mlplatform.registry.resolve.references import artifact_problem, in_order, model_references

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mlplatform.config import Settings
    from mlplatform.config.models import ReleaseStoreSection
    from mlplatform.registry.lock.folder import LockFolder, ReadLocks
    from mlplatform.registry.lock.progress import Progress
    from mlplatform.registry.resolve.references import ModelReference

# Deployments that one line names.
_FEW = 5


@dataclass(frozen=True, kw_only=True)
class LockResult:
    """What was done for one deployment.

    Attributes:
        deployment: its name.
        old: its lock before, ``None`` without a usable one.
        new: its lock now, ``None`` where the lock of a deployment that is gone was removed.
        written: whether the file changed.

    """

    deployment: str
    old: LockEntry | None
    new: LockEntry | None
    written: bool


@dataclass(frozen=True, kw_only=True)
class LockOutcome:
    """What a run did.

    Attributes:
        results: deployments that are locked now, in the order of the stack, then those that were removed.
        problems: why others are not.
        unlocked: names of those others.

    """

    results: tuple[LockResult, ...]
    problems: tuple[Problem, ...] = ()
    unlocked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Locking:
    """One run of ``lock`` on a stack.

    Attributes:
        settings: the stack's settings.
        folder: where its locks lie.
        file: name of the stack file, for problems.
        progress: is told what goes on.
        cache: folder for bytes and facts, by default the user's cache folder.

    """

    settings: Settings
    folder: LockFolder
    file: str
    progress: Progress
    cache: Path | None = None

    def run(self, names: Sequence[str] = ()) -> LockOutcome:
        """Lock the deployments of these names; without any, all, and remove the locks of those that are gone.

        Raises:
            ProblemsError: nothing was downloaded or changed.

        """
        references = self._references(names)
        store = self.settings.release_store
        if store is None:
            example = "for example {uri: s3://model-releases/prod}"
            message = f"is required to lock: the bucket and prefix that locked models are served from, {example}"
            raise ProblemsError([Problem(file=self.file, key="releaseStore", message=message)])
        read = self.folder.read()
        for name in sorted(set(references) & set(read.problems)):
            self.progress.say(f"{self.folder.file(name)} cannot be used and is written anew.")
        outcome = LockOutcome(results=())
        if references:
            outcome = self._lock(references, read, store)
        removed, problems = [], list(outcome.problems)
        if not names and not outcome.problems:
            gone = sorted(read.deployments - {model.name for model in self.settings.models})
            for name in gone:
                try:
                    self.folder.remove(name)
                except OSError as error:
                    problems.append(self._not_done(name, "removed", error))
                    continue
                removed.append(LockResult(deployment=name, old=read.entry(name), new=None, written=True))
        results = (*outcome.results, *removed)
        return LockOutcome(results=results, problems=tuple(problems), unlocked=outcome.unlocked)

    def _references(self, names: Sequence[str]) -> dict[str, ModelReference]:
        """Return deployment -> reference of what is to be locked, in the order of the stack."""
        models = self.settings.models
        known = [model.name for model in models]
        there = f"its deployments are {', '.join(known)}" if known else "it has no models"
        if unknown := [name for name in dict.fromkeys(names) if name not in known]:
            raise ProblemsError(
                Problem(file=self.file, key="models", message=f"there is no deployment '{name}'; {there}")
                for name in unknown
            )
        references = model_references(models, file=self.file)
        return {name: references[name] for name in known if not names or name in names}

    def _lock(self, references: dict[str, ModelReference], read: ReadLocks, store: ReleaseStoreSection) -> LockOutcome:
        registry = self.settings.registry
        try:
            with registry_session(registry) as reader:
                what = ", ".join(references) if len(references) <= _FEW else f"{len(references)} models"
                self.progress.say(f"Resolving {what} ...")
                artifacts, problems = find_artifacts(references, reader, registry, store)
                if problems:
                    raise ProblemsError(in_order(problems, references))
                return self._release(artifacts, references, read, store)
        except RegistryFailureError as error:
            raise ProblemsError([error.problem(self.file)]) from None

    def _release(
        self,
        artifacts: Sequence[LockableArtifact],
        references: dict[str, ModelReference],
        read: ReadLocks,
        store: ReleaseStoreSection,
    ) -> LockOutcome:
        problems: list[Problem] = []
        results: dict[str, LockResult] = {}
        bytes_here = ArtifactBytes(self.cache)
        try:
            releaser = Releaser(
                settings=store,
                store=open_release_store(store),
                registry=self.settings.registry,
                bytes_here=bytes_here,
                facts=FactsCache(self.cache),
                known=[read.entry(name) for name in read.locks],
                progress=self.progress,
            )
            releaser.store.require(artifacts[0].registered.registered_model)
        except ReleaseStoreError as error:
            raise ProblemsError([error.problem(self.file)]) from None
        bytes_here.remove_leftovers()
        for artifact in artifacts:
            try:
                for name, entry in releaser.release(artifact).items():
                    results[name] = self._write(name, entry, read)
                releaser.forget_bytes(artifact)
            except LockNotWrittenError as error:
                problems.append(error.problem)
                break
            except (ArtifactError, Overwritten) as error:
                problems += [
                    artifact_problem(references[name], artifact.registered.version, str(error))
                    for name in artifact.deployments
                ]
            except (ReleaseStoreUnreachableError, RegistryFailureError) as error:
                # Of no single model: the others would fail the same way.
                problems.append(error.problem(self.file))
                break
            except ReleaseStoreError as error:
                problems.append(error.problem(self.file))
        left = tuple(name for name in references if name not in results)
        ordered = tuple(results[name] for name in references if name in results)
        return LockOutcome(results=ordered, problems=tuple(dict.fromkeys(problems)), unlocked=left)

    def _write(self, name: str, entry: LockEntry, read: ReadLocks) -> LockResult:
        lock = DeploymentLock(stack=self.folder.stack, deployment=name, variants={DEFAULT: entry})
        try:
            written = self.folder.write(lock)
        except OSError as error:
            raise LockNotWrittenError(self._not_done(name, "written", error)) from None
        return LockResult(deployment=name, old=read.entry(name), new=entry, written=written)

    def _not_done(self, name: str, what: str, error: OSError) -> Problem:
        reason = error.strerror or type(error).__name__
        message = f"cannot be {what} ({reason}); make room or get the right to do it, then run the command again"
        return Problem(file=self.folder.file(name), key="", message=message)


class LockNotWrittenError(Exception):
    """A lock that this machine could not write; the next one would fail the same way."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
