"""Waiting for the API server: until it serves new kinds, until an object is gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlplatform.sandbox.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.findings import Object

# All 73 definitions of the catalogue take 15 s on two idle cores.
DEFINITION = "CustomResourceDefinition"
NOT_FOUND = 404
_KIND_SECONDS = 180
_GONE_SECONDS = 120
_POLL_SECONDS = 0.1


def wait_for_kinds(api: Api, definitions: Iterable[Object]) -> None:
    """Wait until the server serves every version of CustomResourceDefinitions, which it does for established ones only.

    Raises:
        ProblemsError: it does not within three minutes.

    """
    left = {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        for spec in (definition["spec"] for definition in definitions)
        for version in spec["versions"]
        if version["served"]
    }
    deadline = time.monotonic() + _KIND_SECONDS
    # Some may have been there before, and gone since.
    api.forget_kinds()
    while left := {item for item in left if api.kind(*item, again=True) is None}:
        if time.monotonic() > deadline:
            names = ", ".join(sorted(f"{kind} ({version})" for version, kind in left))
            raise problem(f"after {_KIND_SECONDS} s the API server does not serve {names}")
        time.sleep(_POLL_SECONDS)


def wait_until_gone(api: Api, path: str, seconds: float = _GONE_SECONDS) -> bool:
    """Wait for the end of an object that is being deleted; return whether it came in time."""
    deadline = time.monotonic() + seconds
    while api.get(path).status != NOT_FOUND:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
