"""Bring the database to the schema of this MLflow, and its users to what the Secrets say. May run any number of times.

Runs in MLflow's image, before a new version of the server. The schema of runs and models comes first: MLflow takes a
database without its tables for new only while there are no others. MLflow sets a password only when it creates a user,
so a rotated one is written here.

Reads: MLFLOW_BACKEND_STORE_URI; with users also USERS (a folder with one folder for each user, which holds the files
``username`` and ``password``) and MLFLOW_AUTH_CONFIG_PATH, whose admin has all rights.
"""

import os
from pathlib import Path


def upgrade(uri: str) -> None:
    """Create or migrate the tables of runs and models, as ``mlflow db upgrade`` does."""
    from mlflow.db import upgrade as command  # noqa: PLC0415 - MLflow takes seconds to import

    command.main(args=[uri], standalone_mode=False)


def write_users(folder: Path) -> None:
    """Create or migrate the tables of users; create the users, or give them their present passwords."""
    from mlflow.server.auth.config import read_auth_config  # noqa: PLC0415 - see above
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - see above

    config, store = read_auth_config(), SqlAlchemyStore()
    store.init_db(config.database_uri)  # type: ignore[no-untyped-call]
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        username, password = ((place / key).read_text(encoding="utf-8") for key in ("username", "password"))
        is_admin = username == config.admin_username
        if store.has_user(username):
            store.update_user(username, password=password, is_admin=is_admin)
        else:
            store.create_user(username, password, is_admin=is_admin)
        print("user", username, "has its present password", flush=True)  # noqa: T201 - the pod's log


if __name__ == "__main__":
    upgrade(os.environ["MLFLOW_BACKEND_STORE_URI"])
    if "USERS" in os.environ:
        write_users(Path(os.environ["USERS"]))
