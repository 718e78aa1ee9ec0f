"""What every answer of a registry must be: of the thing that was asked for, and complete enough to be used.

MLflow's client reads any JSON object: fields that are missing are empty, and an empty body is an empty object. A cache
or a proxy between here and the server may answer with the document of another thing. Each kind of thing has its check
here, which :mod:`.asking` applies to every answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlplatform.registry.facts.records import LoggedIds, ids_in_address, is_logged_model_source

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER = re.compile(r"[1-9][0-9]*")


class AnswerError(Exception):
    """An answer that cannot be one to what was asked; the text continues "answered ..."."""


def check_registered_model(model: Any, name: str | None = None) -> None:
    """Check a registered model, of this name where one was asked for."""
    _same("registered model", model.name, name)
    _require(_is_text(model.name), "with a registered model without a name")
    for alias, version in dict(model.aliases or {}).items():
        _require(
            _is_text(alias) and _is_number(version),
            f"with an alias {alias!r} of '{model.name}' that is no name of a version ({version!r})",
        )
    for version in model.latest_versions or []:
        check_version(version, model.name)


def check_version(version: Any, name: str | None = None, number: str | None = None) -> None:
    """Check a version of a registered model, of this name and number where they were asked for."""
    _same("version of registered model", version.name, name)
    _same(f"version of '{version.name}'", str(version.version), number)
    what = f"version {version.version} of '{version.name}'"
    _require(_is_number(version.version), f"with a {what}, which is no number")
    _require(_is_text(version.source), f"with {what} without a source")
    _require(_is_moment(version.creation_timestamp), f"with {what} without its time of creation")


def check_logged_model(model: Any, model_id: str | None = None) -> None:
    """Check a logged model, of this id where one was asked for."""
    _same("logged model", str(model.model_id), model_id)
    _require(_is_text(model.artifact_location), f"with logged model {model.model_id} without the place of its files")
    _own_address(model.artifact_location, LoggedIds(model_id=str(model.model_id)))


def check_run(run: Any, run_id: str | None = None) -> None:
    """Check a run, of this id where one was asked for."""
    _same("run", str(run.info.run_id), run_id)
    _require(_is_text(run.info.artifact_uri), f"with run {run.info.run_id} without the place of its files")
    _own_address(run.info.artifact_uri, LoggedIds(run_id=str(run.info.run_id)))


def check_download_uri(uri: Any, source: str) -> None:
    """Check the address of a version's files against its source."""
    _require(_is_text(uri), "without the address of a version's files")
    if not is_logged_model_source(source):
        # Else the logged model is lost, and its files may lie anywhere: what they say of themselves is checked.
        _own_address(uri, ids_in_address(source))


def check_metrics(metrics: Iterable[Any], name: str) -> None:
    """Check values of a metric."""
    for metric in metrics:
        _same("metric", metric.key, name)


def _own_address(uri: str, ids: LoggedIds) -> None:
    """Check that an address lies below the thing that it is of, where MLflow's layout of artifacts tells."""
    _require(not ids_in_address(uri).contradicts(ids), f"with the files of {ids.model_id or ids.run_id} at {uri}")


def _same(kind: str, answered: Any, asked: str | None) -> None:
    if asked is not None:
        _require(answered == asked, f"with {kind} {answered!r} when asked for {asked!r}")


def _require(fulfilled: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not fulfilled:
        raise AnswerError(otherwise)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(_NUMBER.fullmatch(str(value)))


def _is_moment(value: Any) -> bool:
    return isinstance(value, int) and value > 0
