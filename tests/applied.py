"""Really apply objects, in their order, and delete them in reverse: in a sandbox, never in a cluster outside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.sandbox.control_plane.waiting import DEFINITION, NOT_FOUND, wait_for_kinds, wait_until_gone
from mlplatform.sandbox.findings import Candidate, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.findings import Finding, Object

_GONE_SECONDS = 120


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
    findings, namespaces = delete_but_namespaces(objects, api, seconds=seconds)
    return findings + wait_for_end(namespaces, api, seconds=seconds)


def delete_but_namespaces(
    objects: Sequence[Object | Candidate], api: Api, *, seconds: float = _GONE_SECONDS
) -> tuple[list[Finding], list[Candidate]]:
    """Do as :func:`delete_objects` but wait for no namespace.

    Returns:
        What it returns, and the namespaces that are about to go.

    """
    findings: list[Finding] = []
    namespaces: list[Candidate] = []
    for item in reversed(_candidates(objects)):
        path = api.path(item.manifest)
        if path is None:
            # With its definition all its objects are gone.
            continue
        answer = api.delete(path)
        if answer.status != NOT_FOUND and not answer.ok:
            findings.append(item.finding(Severity.ERROR, f"is not deleted: {answer.message}"))
        elif item.kind == "Namespace":
            namespaces.append(item)
        else:
            findings += _gone(item, api, path, seconds)
        if item.kind == DEFINITION:
            api.forget_kinds()
    return findings, namespaces


def wait_for_end(objects: Iterable[Candidate], api: Api, *, seconds: float = _GONE_SECONDS) -> list[Finding]:
    """Wait until objects are gone that are being deleted; return those that are not within ``seconds``."""
    return [finding for item in objects for finding in _gone(item, api, api.path(item.manifest) or "", seconds)]


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
        if path is not None and api.get(path).status != NOT_FOUND:
            findings.append(item)
    return findings


def _candidates(objects: Iterable[Object | Candidate]) -> list[Candidate]:
    return [item if isinstance(item, Candidate) else Candidate(manifest=item) for item in objects]
