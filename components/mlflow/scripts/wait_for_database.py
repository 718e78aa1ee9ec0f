"""Wait until the database answers, for a limited time. Runs in MLflow's image, before the server.

Reads: MLFLOW_BACKEND_STORE_URI, and what its driver reads; WAIT_SECONDS, the longest wait.
"""

import os
import sys
import time

import sqlalchemy

PAUSE_SECONDS = 5


def wait(uri: str, seconds: float) -> bool:
    """Return whether a connection could be made in time."""
    engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.pool.NullPool)
    deadline = time.monotonic() + seconds
    while True:
        try:
            with engine.connect():
                return True
        except sqlalchemy.exc.OperationalError as error:
            # One line: the driver's message names host and user, never the password.
            print("not yet:", str(error.orig).strip().replace("\n", " "), flush=True)  # noqa: T201 - the pod's log
        if time.monotonic() + PAUSE_SECONDS > deadline:
            return False
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    answered = wait(os.environ["MLFLOW_BACKEND_STORE_URI"], float(os.environ.get("WAIT_SECONDS", "600")))
    sys.exit(0 if answered else "the database did not answer in time")
