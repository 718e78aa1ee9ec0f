"""From an artifact of the registry to its release: its bytes as they are now, read each time, and never others.

A registry tells paths and sizes of files, and of their content nothing. That a version has the bytes that were locked
is known only to who has read them again; what lies in the release store already is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.registry.artifact.content import read_content
from mlplatform.registry.artifact.errors import artifact_errors
from mlplatform.registry.client.environment import quiet_mlflow
from mlplatform.registry.facts.mlmodel import FACT_FILES
from mlplatform.registry.facts.views import joined
from mlplatform.registry.lock.entry import LockEntry
from mlplatform.registry.lock.origin import origin_of
from mlplatform.registry.release import release_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlplatform.config.models import RegistrySection, ReleaseStoreSection
    from mlplatform.registry.artifact.content import ArtifactContent
    from mlplatform.registry.artifact.download import ArtifactBytes, ArtifactFolder
    from mlplatform.registry.artifact.facts_cache import FactsCache
    from mlplatform.registry.lock.artifacts import LockableArtifact
    from mlplatform.registry.lock.progress import Progress
    from mlplatform.registry.release import ReleaseStore
    from mlplatform.registry.resolve.registered_version import RegisteredVersion

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
                content = read_content(
                    contents, files, size=sum(file.size for file in files), paths={file.path for file in files}
                )
                artifact.require_own(content)
                return content
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
        return [entry for entry in self.known if entry and self._is_same(entry, artifact.registered)]

    def _publish(
        self, artifact: LockableArtifact, facts: ArtifactContent, folder: ArtifactFolder
    ) -> dict[str, LockEntry]:
        files, version = facts.files or (), artifact.registered
        for uri in dict.fromkeys(self._uris(artifact, facts.digest or "").values()):
            self.progress.begin(f"release  {version.registered_model} {version.version}", facts.size or 0)
            try:
                self.store.publish(uri, folder.files, files, progress=self.progress.advance)
            finally:
                self.progress.end()
        return self._entries(artifact, facts)

    def _uris(self, artifact: LockableArtifact, digest: str) -> dict[str, str]:
        """Return deployment -> URI of its release."""
        return {
            name: release_uri(self.settings.uri, version.registered_model, digest)
            for name, (version, _) in artifact.deployments.items()
        }

    def _entries(self, artifact: LockableArtifact, facts: ArtifactContent) -> dict[str, LockEntry]:
        # Under its digest, too: so the facts of a release are known to a preview without reading it.
        self.facts.put({"digest": facts.digest or ""}, facts)
        uris = self._uris(artifact, facts.digest or "")
        origins = [origin_of(version, uris[name]) for name, (version, _) in artifact.deployments.items()]
        for origin in dict.fromkeys(origins):
            origin.write_to(self.store)
        return {
            name: LockEntry(
                version=joined(version, facts, digest=facts.digest, alias=alias, storage_uri=uris[name]),
                files=tuple(sorted(facts.files or (), key=lambda file: file.path)),
            )
            for name, (version, alias) in artifact.deployments.items()
        }

    @staticmethod
    def _is_same(entry: LockEntry, version: RegisteredVersion) -> bool:
        """Return whether an entry is of this version's artifact, also where the registry has moved it since."""
        locked = entry.version
        if locked.model_id is not None or version.model_id is not None:
            return locked.model_id == version.model_id
        return (locked.registered_model, locked.version, locked.created_at) == (
            version.registered_model, version.version, version.created_at,
        )  # fmt: skip
