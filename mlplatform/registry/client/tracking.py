"""What the tracking server has: runs, logged models and their metrics, in as few requests as its searches allow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mlplatform.registry.client.answers import check_logged_model, check_metrics, check_run
from mlplatform.registry.client.asking import Asking, UnsupportedSearchError
from mlplatform.registry.client.failure import is_unknown_endpoint
from mlplatform.registry.client.filters import quoted
from mlplatform.registry.parallel import WORKERS, run_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlflow.entities import LoggedModel, Metric, Run
    from mlflow.store.entities import PagedList
    from mlflow.tracking.client import MlflowClient

_IDS_PER_SEARCH = 100


class TrackingReader:
    """Reads runs and logged models of one tracking server."""

    def __init__(self, client: MlflowClient, asking: Asking) -> None:
        """Use a client of MLflow and what asks it."""
        self._client = client
        self._asking = asking
        # Whether the server, other than MLflow 2, has logged models at all.
        self._has_logged_models = False

    def logged_models(self, ids: Iterable[str]) -> dict[str, LoggedModel]:
        """Return those of the logged models that exist, by id."""
        models = self._by_experiment(
            ids,
            single=lambda model_id: self._asking.one(
                lambda: self._client.get_logged_model(model_id), lambda model: check_logged_model(model, model_id)
            ),
            experiment=lambda model: str(model.experiment_id),
            identity=lambda model: str(model.model_id),
            search=lambda experiments, batch: self._search_models(experiments, f"model_id IN ({quoted(batch)})"),
        )
        self._has_logged_models |= bool(models)
        return models

    def runs(self, ids: Iterable[str]) -> dict[str, Run]:
        """Return those of the runs that exist, by id; deleted ones too, as long as they are kept."""
        return self._by_experiment(
            ids,
            single=lambda run_id: self._asking.one(
                lambda: self._client.get_run(run_id), lambda run: check_run(run, run_id)
            ),
            experiment=lambda run: str(run.info.experiment_id),
            identity=lambda run: str(run.info.run_id),
            search=lambda experiments, batch: self._search_runs(experiments, f"attributes.run_id IN ({quoted(batch)})"),
        )

    def logged_models_of_runs(self, runs: Mapping[str, Run]) -> dict[str, list[LoggedModel]]:
        """Return run id -> the logged models that it made, read or wrote to, as far as the server tells.

        Args:
            runs: run id -> run.

        """
        ids = sorted(runs)
        places = sorted({str(run.info.experiment_id) for run in runs.values()})
        batches = [ids[start : start + _IDS_PER_SEARCH] for start in range(0, len(ids), _IDS_PER_SEARCH)]
        try:
            pages = run_parallel(
                lambda batch: self._search_models(places, f"source_run_id IN ({quoted(batch)})"), batches
            )
            if ids and not any(pages):
                self._require_search(places)
        except UnsupportedSearchError as error:
            if self._has_logged_models:
                what = f"that it cannot search for logged models, and has some ({error})"
                raise self._asking.contradiction(what) from None
            pages = []
        models = {str(model.model_id): model for page in pages for model in page}
        named = {run_id: set(_named_models(run)) for run_id, run in runs.items()}
        models.update(self.logged_models(set().union(*named.values()) - models.keys()))
        for model in models.values():
            if (run_id := str(model.source_run_id)) in named:
                named[run_id].add(str(model.model_id))
        return {run_id: [models[item] for item in sorted(names) if item in models] for run_id, names in named.items()}

    def metric_history(self, run_id: str, name: str) -> list[Metric]:
        """Return all values of a metric that a run logged, whatever it logged them for."""
        history = self._asking.one(
            lambda: self._client.get_metric_history(run_id, name), lambda metrics: check_metrics(metrics, name)
        )
        return list(history or [])

    def _require_search(self, experiments: list[str]) -> None:
        """Have the server refuse a search that makes no sense, before it is believed that another one found nothing.

        An empty answer is what MLflow says where nothing was found, and what anything else says that is not MLflow.
        """
        try:
            self._search_models(experiments, "no filter at all")
        except UnsupportedSearchError as error:
            if is_unknown_endpoint(error.__cause__):
                raise
            return
        raise self._asking.contradiction("a search for logged models that makes no sense, as it answers any other")

    def _search_models(self, experiments: list[str], search: str) -> list[LoggedModel]:
        def page_at(token: str | None) -> PagedList[LoggedModel]:
            return self._client.search_logged_models(
                experiments, filter_string=search, max_results=_IDS_PER_SEARCH, page_token=token
            )

        return self._asking.search(page_at, check_logged_model)

    def _search_runs(self, experiments: list[str], search: str) -> list[Run]:
        from mlflow.entities import ViewType  # noqa: PLC0415 - two seconds; only where a registry is read

        def page_at(token: str | None) -> PagedList[Run]:
            return self._client.search_runs(
                experiments, search, run_view_type=ViewType.ALL, max_results=_IDS_PER_SEARCH, page_token=token
            )

        return self._asking.search(page_at, check_run)

    @staticmethod
    def _by_experiment(
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
                pages = run_parallel(partial(search, places), batches)
            except UnsupportedSearchError:
                search_pays = False
                continue
            searched = {identity(thing): thing for page in pages for thing in page}
            search_pays = len(searched) > WORKERS
            entities.update({item: searched[item] for item in missing if item in searched})
            missing = [item for item in missing if item not in entities]
        return entities


def _named_models(run: Run) -> Iterable[str]:
    """Yield ids of the logged models that a run names as what it made or read; MLflow 2 names none."""
    for model in getattr(run.outputs, "model_outputs", None) or []:
        yield str(model.model_id)
    for model in getattr(run.inputs, "model_inputs", None) or []:
        yield str(model.model_id)
