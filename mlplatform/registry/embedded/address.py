"""What answers at the address of the embedded registry."""

from __future__ import annotations

import socket
from enum import StrEnum
from urllib.parse import urlsplit

import requests

_ANSWER_SECONDS = 3


class ServerState(StrEnum):
    """What is at the address of the embedded registry."""

    RUNNING = "running"
    """This project's server answers."""
    FOREIGN = "foreign"
    """Another MLflow server answers."""
    OCCUPIED = "occupied"
    """Something that is not an MLflow server uses the port."""
    STOPPED = "stopped"
    """Nothing answers."""


def listening_fault(uri: str) -> str | None:
    """Return why no server could listen at an address now, ``None`` where one could."""
    parts = urlsplit(uri)
    host, port = parts.hostname or "", parts.port or 0
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return f"port {port} cannot be used ({error.strerror or error}); choose another one"
    return None


def answer(uri: str) -> ServerState:
    """Return what answers at an address; an MLflow server counts as foreign until the record says otherwise."""
    parts = urlsplit(uri)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_ANSWER_SECONDS).close()
    except OSError:
        return ServerState.STOPPED
    try:
        with requests.Session() as session:
            # Not through a company's proxy.
            session.trust_env = False
            # MLflow's own route, and one that tells it from other servers with a /health.
            response = session.get(f"{uri.rstrip('/')}/version", timeout=_ANSWER_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return ServerState.OCCUPIED
    looks_like_version = response.ok and response.text[:1].isdigit() and len(response.text) < len("100.100.100.dev0000")
    return ServerState.FOREIGN if looks_like_version else ServerState.OCCUPIED


def same_address(one: str, other: str) -> bool:
    """Return whether two addresses are one."""
    return one.rstrip("/") == other.rstrip("/")
