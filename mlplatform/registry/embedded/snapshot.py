"""The frozen contents of the embedded registry: the same rows and the same bytes on every machine.

The snapshot is a folder that is committed: ``rows.json``, the rows of the MLflow database by table, and ``artifacts/``,
the files of the models as MLflow's server keeps them. It goes into a database that MLflow itself has just created, so
the schema is never written here; ``schema`` names the one that the rows fit (MLflow's Alembic revision).

An experiment tag in the database says which snapshot it got, in the transaction of the rows: a load that was killed has
not happened.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.digest import digest_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SNAPSHOT = Path(__file__).parent / "snapshot"
ROWS, ARTIFACTS, DATABASE = "rows.json", "artifacts", "mlflow.db"
SNAPSHOT_TAG = "mlplatform.snapshot"
# MLflow makes this one itself, at a time of its own.
DEFAULT_EXPERIMENT = 0
_KEY = "registry.uri"
# The server may be writing.
_WAIT_SECONDS = 30


class Contents(StrEnum):
    """What a registry's database holds."""

    NOTHING = "nothing"
    """What MLflow creates: no run, no model."""
    SNAPSHOT = "snapshot"
    """The snapshot, and whatever was registered beside it since."""
    OTHER = "other"
    """An earlier snapshot, samples that an earlier version trained on this machine, or models of somebody's own."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot.

    Attributes:
        schema: MLflow's schema that the rows fit, an Alembic revision.
        mlflow: the version of MLflow that made them.
        tables: table -> rows (column -> value), in the order that foreign keys ask for.
        folder: where it lies.

    """

    schema: str
    mlflow: str
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    folder: Path

    @property
    def digest(self) -> str:
        """Return the digest over the rows and all artifacts."""
        return digest_directory(self.folder)


def read_snapshot(folder: Path = SNAPSHOT) -> Snapshot:
    """Return the snapshot that lies in a folder.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no snapshot.

    """
    document = json.loads((folder / ROWS).read_text(encoding="utf-8"))
    return Snapshot(schema=document["schema"], mlflow=document["mlflow"], tables=document["tables"], folder=folder)


def write_rows(snapshot: Snapshot) -> None:
    """Write the rows of a snapshot into its folder: one row a line, so that a renewed one shows what changed."""
    tables = ",\n".join(
        f"  {json.dumps(name)}: [\n" + ",\n".join(f"   {json.dumps(row)}" for row in rows) + "\n  ]"
        for name, rows in snapshot.tables.items()
    )
    head = f' "schema": {json.dumps(snapshot.schema)},\n "mlflow": {json.dumps(snapshot.mlflow)},\n'
    (snapshot.folder / ROWS).write_text(f'{{\n{head} "tables": {{\n{tables}\n }}\n}}\n', encoding="utf-8")


def contents(root: Path, snapshot: Snapshot) -> Contents:
    """Return what the registry below ``root`` holds.

    Raises:
        ProblemsError: its database cannot be read.

    """
    if not (root / DATABASE).is_file():
        return Contents.NOTHING
    with _database(root) as database:
        digests = database.execute("SELECT value FROM experiment_tags WHERE key = ?", (SNAPSHOT_TAG,)).fetchall()
        if (snapshot.digest,) in digests:
            return Contents.SNAPSHOT
        return Contents.OTHER if digests or _has_rows(database) else Contents.NOTHING


def load(root: Path, snapshot: Snapshot) -> None:
    """Put a snapshot into the fresh registry below ``root``, whose database MLflow has created.

    Raises:
        ProblemsError: the database has another schema, or holds something already.

    """
    shutil.copytree(snapshot.folder / ARTIFACTS, root / ARTIFACTS, dirs_exist_ok=True, copy_function=shutil.copyfile)
    with _database(root) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("BEGIN IMMEDIATE")
        (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
        if schema != snapshot.schema:
            raise _problem(
                f"the sample models were frozen with MLflow {snapshot.mlflow} and do not fit the database of the "
                f"installed MLflow (schema {schema}, not {snapshot.schema}); install the pinned packages, or freeze "
                "the samples anew: python -m mlplatform.registry.embedded.make_snapshot"
            )
        if _has_rows(database):
            raise _problem("the registry holds something already; the sample models go into a fresh one only")
        for table, rows in snapshot.tables.items():
            for row in rows:
                _insert(database, table, row)
        first = next(row["experiment_id"] for row in snapshot.tables["experiments"])
        _insert(database, "experiment_tags", {"key": SNAPSHOT_TAG, "value": snapshot.digest, "experiment_id": first})
        database.execute("COMMIT")


def _insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    columns, places = ", ".join(f'"{column}"' for column in row), ", ".join("?" * len(row))
    # The names are those of the committed document, not somebody's input.
    database.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', tuple(row.values()))  # noqa: S608


def _has_rows(database: sqlite3.Connection) -> bool:
    query = (
        "SELECT EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM registered_models)"
        " OR EXISTS (SELECT 1 FROM experiments WHERE experiment_id <> ?)"
    )
    return bool(database.execute(query, (DEFAULT_EXPERIMENT,)).fetchone()[0])


@contextlib.contextmanager
def _database(root: Path) -> Any:
    # Transactions are ours to begin; one that was not committed is rolled back with the connection.
    with contextlib.closing(
        sqlite3.connect(root / DATABASE, timeout=_WAIT_SECONDS, isolation_level=None)
    ) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise _problem(f"its database cannot be used ({error}); look at {root / DATABASE}") from None


def _problem(message: str) -> ProblemsError:
    return ProblemsError([Problem(file="embedded registry", key=_KEY, message=message)])
