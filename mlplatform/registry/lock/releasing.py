"""From an artifact of the registry to its release: downloaded unless it is released already, and never another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.registry.artifact.content import read_content
from mlplatform.registry.artifact.errors import artifact_errors
from mlplatform.registry.client.environment import quiet_mlflow
from mlplatform.registry.digest import artifact_digest
from mlplatform.registry.facts.mlmodel import FACT_FILES
from mlplatform.registry.facts.views import joined
from mlplatform.registry.lock.entry import LockEntry
from mlplatform.registry.lock.origin import origin_of
from mlplatform.registry.lock.release_facts import release_facts
from mlplatform.registry.release import release_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlplatform.config.models import RegistrySection, ReleaseStoreSection
    from mlplatform.registry.artifact.content import ArtifactContent
    from mlplatform.registry.artifact.download import ArtifactBytes, ArtifactFolder
    from mlplatform.registry.artifact.facts_cache import FactsCache
    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.lock.artifacts import LockableArtifact
    from mlplatform.registry.lock.progress import Progress
    from mlplatform.registry.release import ReleasedFile, ReleaseStore
    from mlplatform.registry.resolve.records import RegisteredVersion

# An MLflow server that hands out artifacts of a bucket may fetch a whole file before it sends the first byte.
_DOWNLOAD_SECONDS = "600"


class Overwritten(Exception):  # noqa: N818 - continues "the artifact of version 3 ..."
    """The registry has other bytes under an id than those that were locked before."""


@dataclass(frozen=True, kw_only=True)
class Releaser:
    """Releases artifacts into one store.

    Attributes:
        settings: the release store's settings.
        store: the release store.
        registry: settings of the registry.
        bytes_here: artifacts on their way through this machine.
        facts: facts of artifacts that were read before.
        known: what is locked already in this stack.
        progress: is told what goes on.

    """

    settings: ReleaseStoreSection
    store: ReleaseStore
    registry: RegistrySection
    bytes_here: ArtifactBytes
    facts: FactsCache
    known: Sequence[LockEntry | None]
    progress: Progress

    def release(self, artifact: LockableArtifact) -> dict[str, LockEntry]:
        """Return deployment -> what it is to be locked to, complete and verified in the store.

        Raises:
            ArtifactError: the artifact cannot be read, or not be kept here.
            Overwritten: it is not what was locked under the same id.
            ReleaseStoreError: the store refuses it, or does not answer.
            RegistryFailureError: the registry broke off.

        """
        if (entries := self._already_released(artifact)) is not None:
            return entries
        key = artifact.registered.artifact_key(self.registry)
        with self.bytes_here.folder(key) as folder:
            facts = self._download(artifact, folder)
            self._require_unchanged(artifact, facts)
            entries = self._publish(artifact, facts, folder)
        self.facts.put(key, facts)
        return entries

    def forget_bytes(self, artifact: LockableArtifact) -> None:
        """Remove from this machine what was downloaded of an artifact; its facts stay known."""
        with self.bytes_here.folder(artifact.registered.artifact_key(self.registry)) as folder:
            folder.remove()

    def _already_released(self, artifact: LockableArtifact) -> dict[str, LockEntry] | None:
        """Return the entries where a complete release of the very files is known, without any download."""
        read = self.facts.get(artifact.registered.artifact_key(self.registry))
        locked = {entry.version.digest for entry in self._locked(artifact)}
        if read and read.digest and locked - {read.digest}:
            # What this machine read once and what is locked are apart: only the registry's bytes tell.
            return None
        for files in self._known_files(artifact, read):
            digest = artifact_digest(files)
            held = {uri: self.store.holds(uri, files) for uri in self._uris(artifact, digest).values()}
            if None in held.values():
                continue
            uri = next(iter(held))
            facts = release_facts(self.store, uri, files, digest, self.facts)
            self._require_unchanged(artifact, facts)
            released = {uri: listed for uri, listed in held.items() if listed is not None}
            return self._entries(artifact, facts, released)
        return None

    def _known_files(self, artifact: LockableArtifact, read: ArtifactContent | None) -> Iterator[Sequence[FileDigest]]:
        """Yield lists of files that the artifact was found to have, as long as it still lists the same ones.

        A lock by itself proves nothing: whoever can commit can write one. Its list counts where this machine read the
        same files before (``read``), or where the release store has them on record for this version.
        """
        lists: list[Sequence[FileDigest]] = [
            entry.files for entry in self.known if entry and self._is_same(entry, artifact.registered)
        ]
        lists += [read.files] if read and read.files else []
        for files in lists:
            sizes = {file.path: file.size for file in files}
            if (
                sizes.keys() == artifact.sizes.keys()
                and all(size in {None, sizes[path]} for path, size in artifact.sizes.items())
                and ((read and read.digest == artifact_digest(files)) or self._on_record(artifact, files))
            ):
                yield files

    def _on_record(self, artifact: LockableArtifact, files: Sequence[FileDigest]) -> bool:
        """Return whether the release store knows an artifact, under any of its versions, to have had these files."""
        uris = self._uris(artifact, artifact_digest(files))
        return any(
            origin_of(version, uris[name]).is_in(self.store) for name, (version, _) in artifact.deployments.items()
        )

    def _download(self, artifact: LockableArtifact, folder: ArtifactFolder) -> ArtifactContent:
        version = artifact.registered
        known = [size for size in artifact.sizes.values() if size is not None]
        self.progress.begin(f"download {version.registered_model} {version.version}", sum(known))
        try:
            with (
                artifact_errors(version.artifact_uri, self.registry),
                quiet_mlflow({"MLFLOW_HTTP_REQUEST_TIMEOUT": _DOWNLOAD_SECONDS}),
            ):
                files = folder.download(artifact.fetch, artifact.sizes, progress=self.progress.advance)
                facts = [file for file in files if file.path in FACT_FILES]
                contents = {file.path: (folder.files / file.path).read_bytes() for file in facts}
                return read_content(contents, files, size=sum(file.size for file in files))
        finally:
            self.progress.end()

    def _require_unchanged(self, artifact: LockableArtifact, facts: ArtifactContent) -> None:
        for entry in self._locked(artifact):
            locked = entry.version.digest
            if locked == facts.digest:
                continue
            # In this stack's store, whatever a lock may say.
            release = release_uri(self.settings.uri, entry.version.registered_model, locked or "")
            if origin_of(entry.version, release).is_in(self.store):
                raise Overwritten(
                    f"was overwritten in the registry: {locked} was locked, now it is {facts.digest}; a version never "
                    "changes, so restore its files, or register what is there now as a new version"
                )
            raise Overwritten(
                f"is {facts.digest}, but {locked} is locked, which the release store has no record of for this "
                "version: somebody edited the lock, or wrote to the store; find out who, then restore the lock from "
                "git, or delete it and lock again"
            )

    def _locked(self, artifact: LockableArtifact) -> list[LockEntry]:
        """Return what is locked of a candidate's version, also where the registry has moved its artifact since."""
        return [entry for entry in self.known if entry and self._is_same(entry, artifact.registered, anywhere=True)]

    def _publish(
        self, artifact: LockableArtifact, facts: ArtifactContent, folder: ArtifactFolder
    ) -> dict[str, LockEntry]:
        files, version = facts.files or (), artifact.registered
        released = {}
        for uri in dict.fromkeys(self._uris(artifact, facts.digest or "").values()):
            self.progress.begin(f"release  {version.registered_model} {version.version}", facts.size or 0)
            try:
                released[uri] = self.store.publish(uri, folder.files, files, progress=self.progress.advance)
            finally:
                self.progress.end()
        return self._entries(artifact, facts, released)

    def _uris(self, artifact: LockableArtifact, digest: str) -> dict[str, str]:
        """Return deployment -> URI of its release."""
        return {
            name: release_uri(self.settings.uri, version.registered_model, digest)
            for name, (version, _) in artifact.deployments.items()
        }

    def _entries(
        self, artifact: LockableArtifact, facts: ArtifactContent, released: dict[str, tuple[ReleasedFile, ...]]
    ) -> dict[str, LockEntry]:
        # Under its digest, too: so the facts of a release are known to a preview without reading it.
        self.facts.put({"digest": facts.digest or ""}, facts)
        uris = self._uris(artifact, facts.digest or "")
        origins = [origin_of(version, uris[name]) for name, (version, _) in artifact.deployments.items()]
        for origin in dict.fromkeys(origins):
            origin.write_to(self.store)
        return {
            name: LockEntry(
                version=joined(version, facts, digest=facts.digest, alias=alias, storage_uri=uris[name]),
                files=tuple(sorted(released[uris[name]], key=lambda file: file.path)),
            )
            for name, (version, alias) in artifact.deployments.items()
        }

    @staticmethod
    def _is_same(entry: LockEntry, version: RegisteredVersion, *, anywhere: bool = False) -> bool:
        """Return whether an entry is of this version's artifact.

        ``anywhere``: also where the registry has moved it since.
        """
        locked = entry.version
        if not anywhere and locked.artifact_uri != version.artifact_uri:
            return False
        if locked.model_id is not None or version.model_id is not None:
            return locked.model_id == version.model_id
        return (locked.registered_model, locked.version, locked.created_at) == (
            version.registered_model, version.version, version.created_at,
        )  # fmt: skip
