"""Really apply objects, in their order, and delete them in reverse: for a sandbox, never for a cluster of others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlplatform.sandbox.findings import Candidate, Severity
from mlplatform.sandbox.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.findings import Finding, Object

# All 73 definitions of the catalogue take 15 s on two idle cores.
DEFINITION = "CustomResourceDefinition"
_KIND_SECONDS = 180
_GONE_SECONDS = 120
_POLL_SECONDS = 0.1
_NOT_FOUND = 404


def apply_objects(objects: Iterable[Object | Candidate], api: Api) -> list[Finding]:
    """Apply objects one after the other, as an update does that goes by the stack's order.

    Returns:
        Which were refused and why, and what the server warned of; the others are there.

    """
    findings: list[Finding] = []
    for item in _candidates(objects):
        if api.kind(item.api_version, item.kind, again=True) is None:
            message = f"the server knows no {item.kind} of {item.api_version} at this point"
            findings.append(item.finding(Severity.ERROR, message))
            continue
        answer = api.apply(api.path(item.manifest) or "", item.manifest)
        findings += [item.finding(Severity.WARNING, warning) for warning in answer.warnings]
        if not answer.ok:
            findings.append(item.finding(Severity.ERROR, f"refused: {answer.message}"))
        elif item.kind == DEFINITION:
            wait_for_kinds(api, [item.manifest])
    return findings


def delete_objects(objects: Sequence[Object | Candidate], api: Api, *, seconds: float = _GONE_SECONDS) -> list[Finding]:
    """Delete objects in reverse, waiting until each is gone before the next; what it owns follows, as with Pulumi.

    Namespaces are waited for at the end, all together: kube-controller-manager lets each wait for five seconds first.

    Returns:
        Which the server did not delete, or not within ``seconds``; that is why they are left.

    """
    findings: list[Finding] = []
    namespaces: list[Candidate] = []
    for item in reversed(_candidates(objects)):
        path = api.path(item.manifest)
        if path is None:
            # With its definition all its objects are gone.
            continue
        answer = api.delete(path)
        if answer.status != _NOT_FOUND and not answer.ok:
            findings.append(item.finding(Severity.ERROR, f"is not deleted: {answer.message}"))
        elif item.kind == "Namespace":
            namespaces.append(item)
        else:
            findings += _gone(item, api, path, seconds)
        if item.kind == DEFINITION:
            api.forget_kinds()
    for item in namespaces:
        findings += _gone(item, api, api.path(item.manifest) or "", seconds)
    return findings


def _gone(item: Candidate, api: Api, path: str, seconds: float) -> list[Finding]:
    if wait_until_gone(api, path, seconds):
        return []
    finalizers = (api.get(path).body.get("metadata") or {}).get("finalizers") or []
    waits = f"; it waits for {', '.join(finalizers)}" if finalizers else ""
    return [item.finding(Severity.ERROR, f"is still there after {seconds:g} s{waits}")]


def left_over(objects: Iterable[Object | Candidate], api: Api) -> list[Candidate]:
    """Return the objects that the server has."""
    findings = []
    for item in _candidates(objects):
        path = api.path(item.manifest)
        if path is not None and api.get(path).status != _NOT_FOUND:
            findings.append(item)
    return findings


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


def _candidates(objects: Iterable[Object | Candidate]) -> list[Candidate]:
    return [item if isinstance(item, Candidate) else Candidate(manifest=item) for item in objects]


def wait_until_gone(api: Api, path: str, seconds: float = _GONE_SECONDS) -> bool:
    """Wait for the end of an object that is being deleted; return whether it came in time."""
    deadline = time.monotonic() + seconds
    while api.get(path).status != _NOT_FOUND:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
