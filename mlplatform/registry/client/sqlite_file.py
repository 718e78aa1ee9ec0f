"""Checks of a registry that is a SQLite file, made before MLflow opens it.

MLflow creates a database that is not there and migrates one that lacks tables. A preview must change nothing.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlplatform.registry.client.failure import RegistryFailureError

if TYPE_CHECKING:
    from mlplatform.config.models import RegistrySection

_PREFIX = "sqlite:///"


def absolute_uri(uri: str) -> str:
    """Return a SQLite URI with an absolute path; any other URI as it is, without a trailing slash."""
    if not uri.startswith(_PREFIX):
        return uri.rstrip("/")
    return f"{_PREFIX}{_path(uri).resolve()}"


def check_databases(registry: RegistrySection) -> None:
    """Check that the SQLite files of the registry exist and are MLflow databases of this MLflow's schema.

    Raises:
        RegistryFailureError: no such file, no MLflow database, or one of another MLflow version.

    """
    for key, uri in (("registry.uri", registry.uri), ("registry.trackingUri", registry.tracking_uri)):
        if uri and uri.startswith(_PREFIX):
            _check(key, uri)


def _path(uri: str) -> Path:
    return Path(uri.removeprefix(_PREFIX).partition("?")[0])


def _check(key: str, uri: str) -> None:
    path = _path(uri)
    if not path.is_file():
        raise RegistryFailureError(key, f"there is no database file {path}; correct the path, or use a server's URI")
    revision = _revision(path)
    if revision is None:
        raise RegistryFailureError(key, f"{path} is not an MLflow database; name the file of --backend-store-uri")
    known, head = _revisions()
    if revision == head:
        return
    if revision in known:
        raise RegistryFailureError(
            key,
            f"{path} has the schema of an older MLflow; back it up and run: mlflow db upgrade {uri}",
        )
    raise RegistryFailureError(
        key, f"{path} has the schema of a newer MLflow than the one installed here; read it through its server instead"
    )


def _revision(path: Path) -> str | None:
    """Return the schema revision, ``None`` where the file holds no MLflow schema."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"alembic_version", "registered_models"} <= tables:
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def _revisions() -> tuple[frozenset[str], str | None]:
    """Return all schema revisions that the installed MLflow knows, and its newest."""
    import mlflow.store  # noqa: PLC0415 - two seconds; only where a registry is read
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - comes with MLflow

    script = ScriptDirectory(str(Path(mlflow.store.__file__).parent / "db_migrations"))
    return frozenset(item.revision for item in script.walk_revisions()), script.get_current_head()
