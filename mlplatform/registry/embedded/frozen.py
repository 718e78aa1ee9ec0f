"""From a registry that was just trained to rows and files that say nothing of the machine or the moment.

Ids are derived from what they stand for: the same models get the same ids wherever the snapshot is made, and a renewed
snapshot with other bytes has other ids, as if the models had been logged anew. So a lock never sees one id with two
contents. Times are fixed, a minute apart; the author is the project.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlplatform.digests import text_sha256
from mlplatform.registry.digest import digest_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Row = Mapping[str, Any]

AUTHOR = "mlplatform"
FIRST = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Tags of runs and logged models that say where and by what they were made.
_OF_THE_MACHINE = ("mlflow.source.", "mlflow.git", "mlflow.databricks", "mlflow.project", "mlflow.docker")
_TAG_NAMES = ("key", "tag_key")
_TIMES = frozenset(
    {
        "start_time",
        "end_time",
        "timestamp",
        "metric_timestamp_ms",
        "creation_timestamp_ms",
        "last_updated_timestamp_ms",
        "creation_time",
        "last_update_time",
        "last_updated_time",
    }
)
_USER_TAG = "mlflow.user"
_MLMODEL = "MLmodel"


@dataclass(frozen=True, kw_only=True)
class Training:
    """One trained sample version.

    Attributes:
        key: ``<registered model>/<version>``.
        run_id: of its run.
        model_id: of its logged model.
        number: its place in the order of training, from 0.

    """

    key: str
    run_id: str
    model_id: str
    number: int

    @property
    def moment(self) -> datetime:
        """Return when it is said to have been trained."""
        return FIRST + timedelta(minutes=self.number)


def lasting_ids(training: Training, files: Path) -> dict[str, str]:
    """Return run and model id -> the ids derived from the files of a model.

    Args:
        training: what was trained.
        files: folder of the model's files; MLmodel does not count, since it holds the ids.

    """
    content = hashlib.sha256(training.key.encode())
    for path in sorted(files.rglob("*")):
        if path.is_file() and path.name != _MLMODEL:
            with path.open("rb") as stream:
                file = digest_stream(path.relative_to(files).as_posix(), stream)
            content.update(f"\0{file.path}\0{file.sha256}".encode())
    known = content.hexdigest()
    return {training.run_id: _derived("run", known), training.model_id: f"m-{_derived('model', known)}"}


def lasting_rows(
    tables: Mapping[str, Sequence[Row]], trainings: Sequence[Training], ids: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a database with lasting ids and times, without what is of the machine.

    Args:
        tables: table -> rows; columns without a value may be there or not.
        trainings: what was trained.
        ids: run and model ids -> lasting ones.

    """
    moments = {training.run_id: training.moment for training in trainings}
    moments |= {training.model_id: training.moment for training in trainings}
    frozen: dict[str, list[dict[str, Any]]] = {}
    for table, rows in tables.items():
        kept = [row for row in rows if not _is_of_the_machine(row)]
        if kept:
            frozen[table] = sorted((_lasting_row(row, moments, ids) for row in kept), key=_order)
    return frozen


def lasting_mlmodel(text: str, training: Training, ids: Mapping[str, str]) -> str:
    """Return the content of an MLmodel file with lasting ids and time."""
    lines = [
        f"utc_time_created: '{training.moment:%Y-%m-%d %H:%M:%S.%f}'" if line.startswith("utc_time_created:") else line
        for line in _renamed(text, ids).splitlines()
    ]
    return "\n".join(lines) + "\n"


def _lasting_row(row: Row, moments: Mapping[str, datetime], ids: Mapping[str, str]) -> dict[str, Any]:
    moment = next((moments[value] for value in row.values() if isinstance(value, str) and value in moments), FIRST)
    frozen: dict[str, Any] = {}
    for column, value in row.items():
        if value is None:
            continue
        if column in _TIMES:
            frozen[column] = int(moment.timestamp() * 1000)
        elif column == "user_id":
            frozen[column] = AUTHOR
        elif column == "input_uuid":
            frozen[column] = _derived("output", ids[row["source_id"]])
        else:
            frozen[column] = _renamed(value, ids) if isinstance(value, str) else value
    if any(row.get(name) == _USER_TAG for name in _TAG_NAMES):
        frozen["value" if "value" in frozen else "tag_value"] = AUTHOR
    return frozen


def _is_of_the_machine(row: Row) -> bool:
    return any(str(row.get(name, "")).startswith(_OF_THE_MACHINE) for name in _TAG_NAMES)


def _renamed(text: str, ids: Mapping[str, str]) -> str:
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def _derived(kind: str, known: str) -> str:
    return text_sha256(f"{kind}\0{known}")[:32]


def _order(row: Row) -> str:
    """Order rows by time, then by what they say: the order of the database is that of the moment."""
    times = [str(value) for column, value in sorted(row.items()) if column in _TIMES]
    return json.dumps([times, [str(value) for value in row.values()]])
