"""Servers that tests of several rooms start."""

import contextlib
import socket

from mlplatform.registry import embedded


def free_port():
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def sample_registry(folder):
    """Run a real MLflow server with the really trained sample models below a folder; yield its address."""
    root, uri = folder / "registry", f"http://127.0.0.1:{free_port()}"
    try:
        embedded.up(root, uri, report=lambda _line: None)
        yield uri
    finally:
        embedded.down(root, report=lambda _line: None)
