"""MLflow's way to the files of an artifact, within the deadline of a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mlplatform.registry.client.deadline import DeadlineExceededError
from mlplatform.registry.client.failure import too_slow
from mlplatform.registry.client.reachability import tracking_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlflow.entities import FileInfo
    from mlflow.store.artifact.artifact_repo import ArtifactRepository

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.client.deadline import Deadline

Result = TypeVar("Result")


class ArtifactFiles:
    """The files of one artifact."""

    def __init__(self, repository: ArtifactRepository, registry: RegistrySection, deadline: Deadline) -> None:
        """Read through MLflow's repository until the deadline."""
        self._repository = repository
        self._registry = registry
        self._deadline = deadline

    def list_artifacts(self, folder: str | None) -> Sequence[FileInfo]:
        """Return what lies directly in a folder, ``None`` for the top."""
        return self._within(lambda: list(self._repository.list_artifacts(folder)))

    def download(self, path: str, local: str) -> None:
        """Bring a file to a local path."""
        self._within(lambda: self.fetch(path, local))

    def fetch(self, path: str, local: str) -> None:
        """Bring a file of any size to a local path, however long that takes."""
        # What every artifact store has to implement. The public download_artifacts lists the folder again for each.
        download: Callable[[str, str], None] = self._repository._download_file  # noqa: SLF001
        download(path, local)

    def _within(self, function: Callable[[], Result]) -> Result:
        try:
            return self._deadline.call(function)
        except DeadlineExceededError:
            uri = self._registry.effective_tracking_uri
            raise too_slow(tracking_key(self._registry), uri, self._deadline.seconds) from None
