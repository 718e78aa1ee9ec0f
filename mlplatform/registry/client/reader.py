"""What the registry has, read in batches where its API has them.

Every request costs a round trip, and a stack has tens or hundreds of models. Names and ids are therefore asked for in
batches (``name IN (...)``), which grow with the models of the stack and not with those of the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.registry.client.answers import check_download_uri, check_registered_model, check_version
from mlplatform.registry.client.artifacts import ArtifactFiles
from mlplatform.registry.client.asking import Asking, UnsupportedSearchError
from mlplatform.registry.client.deadline import Deadline
from mlplatform.registry.client.filters import is_plain, name_filters
from mlplatform.registry.client.tracking import TrackingReader
from mlplatform.registry.location import require_own_server
from mlplatform.registry.parallel import run_parallel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

    from mlplatform.config.models import RegistrySection

_PAGE = 1000


class RegistryReader:
    """Reads registered models and versions of one registry.

    Attributes:
        tracking: reads their runs and logged models.

    """

    def __init__(self, registry: RegistrySection, deadline: Deadline | None = None) -> None:
        """Connect lazily to the registry of a stack; its environment must be in force.

        Args:
            registry: settings of the registry.
            deadline: of the pass, which begins now by default.

        """
        from mlflow.tracking.client import MlflowClient  # noqa: PLC0415 - two seconds; only where a registry is read

        self._registry = registry
        self._deadline = deadline or Deadline(registry.deadline_seconds)
        self._client = MlflowClient(tracking_uri=registry.effective_tracking_uri, registry_uri=registry.uri)
        self._asking = Asking(registry, self._deadline, tracking=False)
        self.tracking = TrackingReader(self._client, Asking(registry, self._deadline, tracking=True))
        self._absent: set[str] = set()

    def registered_models(self, names: Iterable[str]) -> dict[str, RegisteredModel]:
        """Return those of the registered models that exist, with their aliases and newest versions."""
        requested = sorted(set(names))
        models: dict[str, RegisteredModel] = {}
        plain = [name for name in requested if is_plain(name)]
        rest = [name for name in requested if not is_plain(name)]
        try:
            for page in run_parallel(self._search_models, name_filters(plain)):
                models.update({model.name: model for model in page})
        except UnsupportedSearchError:
            rest = requested
        else:
            self._confirm_absent([name for name in plain if name not in models])
        models.update({model.name: model for model in run_parallel(self._registered_model, rest) if model is not None})
        # A database may compare names without regard to case: only exact names count.
        return {name: models[name] for name in requested if name in models}

    def model_names(self) -> list[str]:
        """Return the names of all registered models, to choose a likely one from."""
        names = [model.name for model in self._search_models(None)]
        if contradicted := sorted(self._absent.intersection(names)):
            raise self._asking.contradiction(f"that there is no registered model '{contradicted[0]}', and lists it")
        return names

    def versions_of(self, requested: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ModelVersion]:
        """Return those of the versions, given as name and number, that exist.

        One search finds the same version number of many models, so this hardly takes more requests than versions.
        """
        by_number: dict[str, list[str]] = {}
        for name, number in sorted(set(requested)):
            by_number.setdefault(number, []).append(name)
        searches: list[str] = []
        singles: list[tuple[str, str]] = []
        for number, names in by_number.items():
            plain = [name for name in names if is_plain(name)]
            if len(plain) > 1:
                searches += name_filters(plain, f" AND version_number = {number}")
            singles += [(name, number) for name in names if len(plain) <= 1 or not is_plain(name)]
        records: dict[tuple[str, str], ModelVersion] = {}
        try:
            for page in run_parallel(self._search_versions, searches):
                records.update({(version.name, str(version.version)): version for version in page})
        except UnsupportedSearchError:
            singles = sorted(set(requested))
        # What a search does not find is asked for by itself before it is said not to be there.
        singles += [item for item in sorted(set(requested)) if item not in records and item not in singles]
        for version in run_parallel(lambda item: self._version(*item), singles):
            if version is not None:
                records[version.name, str(version.version)] = version
        return records

    def version_numbers(self, name: str) -> list[int]:
        """Return the numbers of all versions of a registered model, the newest first."""
        quote = '"' if "'" in name else "'"
        try:
            versions = self._search_versions(f"name={quote}{name}{quote}")
        except UnsupportedSearchError:
            return []
        return sorted((int(version.version) for version in versions if version.name == name), reverse=True)

    def download_uri(self, version: ModelVersion) -> str:
        """Return where the registry says that a version's artifact lies."""
        uri = self._asking.one(
            lambda: self._client.get_model_version_download_uri(version.name, str(version.version)),
            lambda answer: check_download_uri(answer, str(version.source)),
        )
        return uri or str(version.source)

    def artifacts(self, location: str) -> ArtifactFiles:
        """Return the way to the files of an artifact.

        Raises:
            LocationError: MLflow's client would send the registry's credentials to another server.

        """
        from mlflow.store.artifact.artifact_repository_registry import (  # noqa: PLC0415 - see above
            get_artifact_repository,
        )

        require_own_server(location, self._registry.effective_tracking_uri)
        repository = get_artifact_repository(
            location, tracking_uri=self._registry.effective_tracking_uri, registry_uri=self._registry.uri
        )
        return ArtifactFiles(repository, self._registry, self._deadline)

    def _confirm_absent(self, names: list[str]) -> None:
        """Have the server say by an error of its own that a model which a search did not find is not there.

        An empty answer is what MLflow says where nothing was found, and what anything else says that is not MLflow.
        """
        self._absent.update(names)
        if names and self._registered_model(names[0]) is not None:
            raise self._asking.contradiction(f"a search without registered model '{names[0]}', which it has")

    def _search_models(self, search: str | None) -> list[RegisteredModel]:
        return self._asking.search(
            lambda token: self._client.search_registered_models(search, max_results=_PAGE, page_token=token),
            check_registered_model,
        )

    def _search_versions(self, search: str) -> list[ModelVersion]:
        return self._asking.search(
            lambda token: self._client.search_model_versions(search, max_results=_PAGE, page_token=token),
            check_version,
        )

    def _registered_model(self, name: str) -> RegisteredModel | None:
        return self._asking.one(
            lambda: self._client.get_registered_model(name), lambda model: check_registered_model(model, name)
        )

    def _version(self, name: str, number: str) -> ModelVersion | None:
        return self._asking.one(
            lambda: self._client.get_model_version(name, number), lambda version: check_version(version, name, number)
        )
