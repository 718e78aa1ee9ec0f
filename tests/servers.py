"""Servers that tests of several rooms use."""

import contextlib
import socket

import pytest

from mlplatform.registry import embedded
from tests.services import service, wait


def free_port():
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def registry_service(folder):
    """Run a real MLflow server with the really trained sample models below a folder."""
    root, uri = folder / "registry", f"http://127.0.0.1:{free_port()}"
    try:
        embedded.up(root, uri, report=print)
        yield {"uri": uri, "root": str(root)}, wait
    finally:
        embedded.down(root, report=print)


@pytest.fixture(scope="session")
def registry_uri():
    """Address of the run's MLflow server with the sample models, which no test changes."""
    return service("registry")["uri"]


@pytest.fixture
def dead_uri():
    """An address of this machine at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"
