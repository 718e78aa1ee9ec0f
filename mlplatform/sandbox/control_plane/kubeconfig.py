"""Kubeconfig files of the sandbox."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from mlplatform.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

# The context that the stack "dev" names.
CONTEXT = "mlplatform-dev"


def write_kubeconfig(path: Path, *, pki: Path, user: str, server: str) -> None:
    """Write a kubeconfig with everything in it, so that it may be copied: authority, certificate and key.

    Args:
        path: the file; readable by its owner only.
        pki: folder of the certificates.
        user: name of the certificate (``admin``).
        server: address of the API server.

    """

    def encoded(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": encoded("ca.crt")}
    credentials = {
        "client-certificate-data": encoded(f"{user}.crt"),
        "client-key-data": encoded(f"{user}.key"),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": credentials}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }
    # JSON is YAML, and kubectl reads both.
    write_private(path, json.dumps(document, indent=2) + "\n")
