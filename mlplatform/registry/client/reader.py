"""The one place that asks MLflow: batches where its API has them, its errors turned into failures of the registry.

Every request costs a round trip, and a stack has tens or hundreds of models. Names and ids are therefore asked for in
batches (``name IN (...)``), which grow with the models of the stack and not with those of the registry.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from mlplatform.registry.client.failure import is_missing, registry_failure
from mlplatform.registry.client.filters import is_plain, name_filters, quoted
from mlplatform.registry.client.reachability import REGISTRY_KEY, tracking_key
from mlplatform.registry.location import require_own_server
from mlplatform.registry.parallel import WORKERS, run_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlflow.entities import LoggedModel, Run
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.entities import PagedList

    from mlplatform.config.models import RegistrySection

Result = TypeVar("Result")
Thing = TypeVar("Thing")
_PAGE = 1000
_IDS_PER_SEARCH = 100


class RegistryReader:
    """Reads registered models, versions, runs and logged models of one registry."""

    def __init__(self, registry: RegistrySection) -> None:
        """Connect lazily to the registry of a stack; its environment must be in force."""
        from mlflow.tracking.client import MlflowClient  # noqa: PLC0415 - two seconds; only where a registry is read

        self._registry = registry
        self._client = MlflowClient(tracking_uri=registry.effective_tracking_uri, registry_uri=registry.uri)

    def registered_models(self, names: Iterable[str]) -> dict[str, RegisteredModel]:
        """Return those of the registered models that exist, with their aliases and newest versions."""
        requested = sorted(set(names))
        models: dict[str, RegisteredModel] = {}
        rest = [name for name in requested if not is_plain(name)]
        try:
            for page in run_parallel(self._search_models, name_filters([name for name in requested if is_plain(name)])):
                models.update({model.name: model for model in page})
        except _UnsupportedSearchError:
            rest = requested
        models.update({model.name: model for model in run_parallel(self._registered_model, rest) if model is not None})
        # A database may compare names without regard to case: only exact names count.
        return {name: models[name] for name in requested if name in models}

    def some_model_names(self) -> list[str]:
        """Return names of the registry to choose a likely one from, at most one page."""
        page = self._ask_registry(lambda: self._client.search_registered_models(max_results=_PAGE))
        return [model.name for model in page or []]

    def versions_of(self, requested: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ModelVersion]:
        """Return those of the versions, given as name and number, that exist.

        One search finds the same version number of many models, so this never takes more requests than versions.
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
        except _UnsupportedSearchError:
            singles = sorted(set(requested))
        for version in run_parallel(lambda item: self._version(*item), singles):
            if version is not None:
                records[version.name, str(version.version)] = version
        return records

    def newest_versions(self, name: str) -> list[ModelVersion]:
        """Return the newest versions of a registered model, at most one page."""
        quote = '"' if "'" in name else "'"
        page = self._ask_registry(
            lambda: self._client.search_model_versions(
                f"name={quote}{name}{quote}", max_results=_PAGE, order_by=["version_number DESC"]
            )
        )
        return list(page or [])

    def download_uri(self, name: str, version: str) -> str | None:
        """Return where the registry says that a version's artifact lies."""
        return self._ask_registry(lambda: self._client.get_model_version_download_uri(name, version))

    def logged_models(self, ids: Iterable[str]) -> dict[str, LoggedModel]:
        """Return those of the logged models that exist, by id."""
        return self._by_experiment(
            ids,
            single=lambda model_id: self._ask_tracking(lambda: self._client.get_logged_model(model_id)),
            experiment=lambda model: str(model.experiment_id),
            identity=lambda model: str(model.model_id),
            search=lambda experiments, batch: self._client.search_logged_models(
                experiments, filter_string=f"model_id IN ({quoted(batch)})", max_results=_IDS_PER_SEARCH
            ),
        )

    def runs(self, ids: Iterable[str]) -> dict[str, Run]:
        """Return those of the runs that exist, by id; deleted ones too, as long as they are kept."""
        from mlflow.entities import ViewType  # noqa: PLC0415 - see above

        return self._by_experiment(
            ids,
            single=lambda run_id: self._ask_tracking(lambda: self._client.get_run(run_id)),
            experiment=lambda run: str(run.info.experiment_id),
            identity=lambda run: str(run.info.run_id),
            search=lambda experiments, batch: self._client.search_runs(
                experiments,
                f"attributes.run_id IN ({quoted(batch)})",
                run_view_type=ViewType.ALL,
                max_results=_IDS_PER_SEARCH,
            ),
        )

    def artifacts(self, location: str) -> ArtifactRepository:
        """Return MLflow's way to the files of an artifact.

        Raises:
            LocationError: MLflow's client would send the registry's credentials to another server.

        """
        from mlflow.store.artifact.artifact_repository_registry import (  # noqa: PLC0415 - see above
            get_artifact_repository,
        )

        require_own_server(location, self._registry.effective_tracking_uri)
        return get_artifact_repository(
            location, tracking_uri=self._registry.effective_tracking_uri, registry_uri=self._registry.uri
        )

    def _search_models(self, search: str) -> list[RegisteredModel]:
        return self._pages(
            lambda token: self._client.search_registered_models(search, max_results=_PAGE, page_token=token)
        )

    def _search_versions(self, search: str) -> list[ModelVersion]:
        return self._pages(
            lambda token: self._client.search_model_versions(search, max_results=_PAGE, page_token=token)
        )

    def _pages(self, page_at: Callable[[str | None], PagedList[Thing]]) -> list[Thing]:
        things: list[Thing] = []
        token: str | None = None
        while True:
            page = self._ask_registry(partial(page_at, token), searching=True)
            things += page or []
            token = page.token if page is not None else None
            if not token:
                return things

    def _registered_model(self, name: str) -> RegisteredModel | None:
        return self._ask_registry(lambda: self._client.get_registered_model(name))

    def _version(self, name: str, number: str) -> ModelVersion | None:
        return self._ask_registry(lambda: self._client.get_model_version(name, number))

    def _by_experiment(
        self,
        ids: Iterable[str],
        *,
        single: Callable[[str], Any],
        identity: Callable[[Any], str],
        experiment: Callable[[Any], str],
        search: Callable[[list[str], list[str]], Iterable[Any]],
    ) -> dict[str, Any]:
        """Return things of the tracking server by id, in as few requests as its searches allow.

        A search needs the experiments to search in. A handful of single look-ups tells some, and a search there finds
        all others of them. Where the things are spread over so many experiments that a search finds hardly more than
        the look-ups before it, single look-ups finish the job.
        """
        missing = sorted(set(ids))
        entities: dict[str, Any] = {}
        search_pays = True
        while missing:
            count = WORKERS if search_pays else len(missing)
            sample, missing = missing[:count], missing[count:]
            things = {item: thing for item, thing in zip(sample, run_parallel(single, sample), strict=True) if thing}
            entities.update(things)
            places = sorted({experiment(thing) for thing in things.values()})
            if not missing or not places:
                continue
            batches = [missing[start : start + _IDS_PER_SEARCH] for start in range(0, len(missing), _IDS_PER_SEARCH)]
            try:
                pages = run_parallel(partial(self._search_in, search, places), batches)
            except _UnsupportedSearchError:
                search_pays = False
                continue
            searched = {identity(thing): thing for page in pages for thing in page}
            search_pays = len(searched) > WORKERS
            entities.update(searched)
            missing = [item for item in missing if item not in entities]
        return entities

    def _search_in(
        self, search: Callable[[list[str], list[str]], Iterable[Any]], places: list[str], batch: list[str]
    ) -> list[Any]:
        return list(self._ask_tracking(lambda: search(places, batch), searching=True) or [])

    def _ask_registry(self, request: Callable[[], Result], *, searching: bool = False) -> Result | None:
        return self._ask(request, REGISTRY_KEY, self._registry.uri, searching=searching)

    def _ask_tracking(self, request: Callable[[], Result], *, searching: bool = False) -> Result | None:
        uri = self._registry.effective_tracking_uri
        return self._ask(request, tracking_key(self._registry), uri, searching=searching)

    def _ask(self, request: Callable[[], Result], key: str, uri: str, *, searching: bool) -> Result | None:
        """Return the answer, ``None`` for a thing that is not there; everything else is a failure of the registry."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see above

        try:
            return request()
        except MlflowException as error:
            if error.error_code == "INVALID_PARAMETER_VALUE":
                if searching:
                    raise _UnsupportedSearchError(str(error)) from error
                # A name or id that could never exist does not exist.
                return None
            if is_missing(error):
                return None
            raise registry_failure(error, key, uri, self._registry) from None


class _UnsupportedSearchError(Exception):
    """A filter that this server does not know yet."""
