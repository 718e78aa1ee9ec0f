"""Bring the database to the schema of this MLflow, and its users to what the Secrets say. May run any number of times.

Runs in MLflow's image, before a new version of the server. The schema of runs and models comes first: MLflow takes a
database without its tables for new only while there are no others. MLflow sets a password only when it creates a user,
so a rotated one is written here.

Reads: MLFLOW_BACKEND_STORE_URI; with users also USERS (a folder with one folder for each user, which holds the files
``username`` and ``password``) and MLFLOW_AUTH_CONFIG_PATH, whose admin has all rights; KEYS, a folder with the
encryption keys of all times as files 1, 2, ..., of which the last is the present one.
"""

import os
from itertools import pairwise
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


def encrypt_anew(uri: str, folder: Path) -> None:
    """Bring what is encrypted with an earlier key under the present one, version by version.

    What is encrypted are keys of the values, so this is quick. MLflow's command leaves other versions alone, so that it
    may run again.
    """
    versions = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    for old, new in pairwise(versions):
        from mlflow.cli.crypto import rotate_kek  # noqa: PLC0415 - see above

        passphrases = [(folder / str(version)).read_text(encoding="utf-8") for version in (old, new)]
        os.environ["MLFLOW_CRYPTO_KEK_PASSPHRASE"], os.environ["MLFLOW_CRYPTO_KEK_VERSION"] = passphrases[0], str(old)
        # Arguments of a function: nobody sees them in a list of processes.
        arguments = ["--yes", "--backend-store-uri", uri, "--new-passphrase", passphrases[1]]
        rotate_kek.main(args=arguments, standalone_mode=False)


if __name__ == "__main__":
    upgrade(os.environ["MLFLOW_BACKEND_STORE_URI"])
    if "USERS" in os.environ:
        write_users(Path(os.environ["USERS"]))
    if "KEYS" in os.environ:
        encrypt_anew(os.environ["MLFLOW_BACKEND_STORE_URI"], Path(os.environ["KEYS"]))
