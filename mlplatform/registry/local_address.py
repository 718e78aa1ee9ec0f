"""Addresses on this machine. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def is_local(uri: str) -> bool:
    """Return whether a registry URI is one that the embedded registry can serve: plain HTTP on this machine."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
