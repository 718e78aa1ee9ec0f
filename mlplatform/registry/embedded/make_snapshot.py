"""Make the snapshot of the embedded registry, for developers only.

Run as ``python -m mlplatform.registry.embedded.make_snapshot [FOLDER]``.

A real MLflow server in a temporary folder, the sample models trained against it, then frozen. Without a folder the
committed snapshot is replaced: its models get new ids where their bytes are new, so the locks of stacks that serve them
are made anew, too (``mlplatform lock``). When and why: docs/adr/0023-frozen-sample-registry.md.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlplatform.registry.embedded import server
from mlplatform.registry.embedded.frozen import Training, lasting_ids, lasting_mlmodel, lasting_rows
from mlplatform.registry.embedded.seeding import SAMPLE_TAG, train_samples
from mlplatform.registry.embedded.snapshot import (
    ARTIFACTS,
    DATABASE,
    DEFAULT_EXPERIMENT,
    SNAPSHOT,
    Snapshot,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MLMODEL = "MLmodel"
# Rows that MLflow makes in every database.
_MLFLOWS_OWN = frozenset({"alembic_version", "workspaces"})


def make_snapshot(folder: Path, *, report: Callable[[str], None]) -> Snapshot:
    """Train the sample models and write their snapshot into a folder, replacing one that is there.

    Args:
        folder: where to; created if it is not there.
        report: receives a line for each thing done.

    """
    with tempfile.TemporaryDirectory(prefix="mlplatform-samples-") as temporary:
        root = Path(temporary) / "registry"
        uri = f"http://127.0.0.1:{_free_port()}"
        with server.running(root, uri, report=report):
            train_samples(uri, report=report)
        snapshot = _freeze(root, Path(temporary) / "snapshot")
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(snapshot.folder, folder)
    report(f"Wrote {folder}.")
    return Snapshot(schema=snapshot.schema, mlflow=snapshot.mlflow, tables=snapshot.tables, folder=folder)


def _freeze(root: Path, folder: Path) -> Snapshot:
    with contextlib.closing(sqlite3.connect(root / DATABASE)) as database:
        database.row_factory = sqlite3.Row
        (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        tables = {name: _rows(database, name) for name in _tables(database) if name not in _MLFLOWS_OWN}
    tables["experiments"] = [row for row in tables["experiments"] if row["experiment_id"] != DEFAULT_EXPERIMENT]
    trainings = _trainings(tables)
    paths = {model["model_id"]: model["artifact_location"] for model in tables["logged_models"]}
    ids: dict[str, str] = {}
    for training in trainings:
        # mlflow-artifacts:/1/models/<id>/artifacts lies below the server's folder of artifacts.
        path = paths[training.model_id].removeprefix("mlflow-artifacts:/")
        new = lasting_ids(training, root / ARTIFACTS / path)
        target = folder / ARTIFACTS / path.replace(training.model_id, new[training.model_id])
        shutil.copytree(root / ARTIFACTS / path, target, copy_function=shutil.copyfile)
        mlmodel = target / _MLMODEL
        mlmodel.write_text(lasting_mlmodel(mlmodel.read_text("utf-8"), training, new), encoding="utf-8", newline="\n")
        ids |= new
    snapshot = Snapshot(
        schema=schema, mlflow=installed("mlflow"), tables=lasting_rows(tables, trainings, ids), folder=folder
    )
    write_rows(snapshot)
    return snapshot


def _tables(database: sqlite3.Connection) -> list[str]:
    """Return the names of all tables, each after those that its foreign keys point to."""
    names = [
        row["name"] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    needs = {
        name: {row["table"] for row in database.execute(f'PRAGMA foreign_key_list("{name}")')} - {name}
        for name in names
    }
    ordered: list[str] = []
    while ready := [name for name in names if name not in ordered and needs[name] <= set(ordered)]:
        ordered += ready
    return ordered


def _rows(database: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 - a name of the schema


def _trainings(tables: dict[str, list[dict[str, Any]]]) -> list[Training]:
    keys = {tag["run_uuid"]: tag["value"] for tag in tables["tags"] if tag["key"] == SAMPLE_TAG}
    models = {model["source_run_id"]: model["model_id"] for model in tables["logged_models"]}
    runs = sorted(tables["runs"], key=lambda run: run["start_time"])
    return [
        Training(key=keys[run["run_uuid"]], run_id=run["run_uuid"], model_id=models[run["run_uuid"]], number=number)
        for number, run in enumerate(runs)
    ]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    make_snapshot(Path(sys.argv[1]) if sys.argv[1:] else SNAPSHOT, report=print)
