"""The namespaces that objects need while they are validated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlplatform.sandbox.control_plane.waiting import wait_until_gone
from mlplatform.sandbox.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.findings import Candidate, Finding, Object

_PATH = "/api/v1/namespaces"
_ACCOUNT_SECONDS = 20
_POLL_SECONDS = 0.1


def missing(api: Api, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the namespaces that objects name and the server does not have, or not for long, in order."""
    named = dict.fromkeys(candidate.namespace for candidate in candidates if candidate.namespace)
    return tuple(name for name in named if not _stays(api, name))


def create(api: Api, names: Sequence[str], candidates: Iterable[Candidate]) -> tuple[list[Object], list[Finding]]:
    """Create namespaces, as the candidates describe them or with a name only.

    Returns:
        The created namespaces as the server knows them, and why others were refused.

    """
    described = {
        candidate.name: candidate
        for candidate in candidates
        if candidate.kind == "Namespace" and candidate.api_version == "v1"
    }
    created: list[Object] = []
    findings: list[Finding] = []
    for name in names:
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        # It may be on its way, from a validation just before.
        wait_until_gone(api, f"{_PATH}/{name}")
        answer = api.apply(f"{_PATH}/{name}", described[name].manifest if name in described else manifest)
        if answer.ok:
            created.append(answer.body)
        elif name not in described:
            # Where it is an object of its own, its validation says so.
            findings.append(_refused(name, answer.message, candidates))
    for namespace in created:
        _wait_for_account(api, namespace["metadata"]["name"])
    return created, findings


def remove(api: Api, created: Iterable[Object]) -> None:
    """Delete namespaces again, except those that somebody else has changed since."""
    for namespace in created:
        metadata = namespace["metadata"]
        # Nothing changes a namespace by itself. What Pulumi has made its own in the meantime is another version.
        conditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        api.delete(f"{_PATH}/{metadata['name']}", conditions=conditions)


def _stays(api: Api, name: str) -> bool:
    answer = api.get(f"{_PATH}/{name}")
    return answer.ok and not answer.body["metadata"].get("deletionTimestamp")


def _wait_for_account(api: Api, name: str) -> None:
    """Wait for the account that pods without one of their own get; without it the server refuses them."""
    deadline = time.monotonic() + _ACCOUNT_SECONDS
    while not api.get(f"{_PATH}/{name}/serviceaccounts/default").ok and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _refused(name: str, message: str, candidates: Iterable[Candidate]) -> Finding:
    first = next(candidate for candidate in candidates if candidate.namespace == name)
    return first.finding(Severity.ERROR, f"its namespace cannot be created: {message}")
