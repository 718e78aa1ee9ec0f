"""Serve what the workers of ``mlflow server --expose-prometheus`` count, on a port of its own.

MLflow's own ``/metrics`` asks for a login, and with basic auth only an admin may read it. Prometheus shall hold no
admin's password: the workers count in files, which this program only reads.

Reads: METRICS_FOLDER, the folder of those files; METRICS_PORT.
"""

import os
import signal
import sys

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


def serve(folder: str, port: int) -> None:
    """Answer until the pod ends."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    _, thread = start_http_server(port, registry=registry)
    # The first process of a container is sent SIGTERM for nothing unless it says what to do then.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    thread.join()


if __name__ == "__main__":
    serve(os.environ["METRICS_FOLDER"], int(os.environ["METRICS_PORT"]))
