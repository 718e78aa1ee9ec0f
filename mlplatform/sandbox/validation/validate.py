"""Ask an API server about objects, without keeping them: server-side dry run with strict field validation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlplatform.sandbox import field_paths as paths
from mlplatform.sandbox.control_plane import crds
from mlplatform.sandbox.control_plane.waiting import DEFINITION, wait_for_kinds, wait_until_gone
from mlplatform.sandbox.findings import Candidate, Finding, Severity
from mlplatform.sandbox.validation import namespaces
from mlplatform.sandbox.validation.dropped_fields import differences
from mlplatform.sandbox.validation.pods import pods_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.sandbox.control_plane.answers import Answer
    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.findings import Object

# Of a running sandbox or a temporary one; more only wait.
_AT_A_TIME = 8
_ELSEWHERE = "default"


def validate_objects(
    objects: Iterable[Object | Candidate], api: Api, *, own: bool = True, cleanup: bool = True
) -> list[Finding]:
    """Ask a server whether it would take objects as they are.

    Args:
        objects: manifests, or candidates that know their resource.
        api: the server.
        own: whether the server is a sandbox: then missing namespaces and the CustomResourceDefinitions among the
            objects are really created for the time of the validation. On any other nothing is created, and objects of
            missing namespaces are validated in ``default``.
        cleanup: whether to remove what was created; not needed where the server goes away afterwards.

    Returns:
        What was found, in the order of the objects.

    Raises:
        ProblemsError: the server cannot be reached.

    """
    candidates = [item if isinstance(item, Candidate) else Candidate(manifest=item) for item in objects]
    complete, findings = _complete(candidates)
    kinds: list[Candidate] = []
    created: list[Object] = []
    try:
        if own:
            kinds = _new_kinds(api, complete)
        asked, unknown = _known(api, complete)
        findings += unknown
        absent = namespaces.missing(api, asked)
        if own:
            created, refused = namespaces.create(api, absent, complete)
            findings += refused
        else:
            asked, moved = _moved(asked, absent)
            findings += moved
        # Where the namespace is not the real one, neither is what it enforces.
        pods = pods_of([item for item in asked if own or item.namespace not in {"", _ELSEWHERE}])
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for object_findings in pool.map(lambda item: _ask(api, item), [*asked, *pods]):
                findings += object_findings
    finally:
        if cleanup:
            namespaces.remove(api, created)
            for kind in kinds:
                api.delete(api.path(kind.manifest) or "")
            if kinds:
                api.forget_kinds()
    return findings


def _complete(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Finding]]:
    complete, findings = [], []
    for item in candidates:
        lacks = [
            field
            for field, value in (("apiVersion", item.api_version), ("kind", item.kind), ("metadata.name", item.name))
            if not value
        ]
        if lacks:
            findings.append(item.finding(Severity.ERROR, f"is no Kubernetes object: it lacks {', '.join(lacks)}"))
        else:
            complete.append(item)
    return complete, findings


def _new_kinds(api: Api, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Create the definitions among the objects that the server lacks, so that their objects can be asked about."""
    created = []
    for item in candidates:
        if item.kind != DEFINITION:
            continue
        path = api.path(item.manifest) or ""
        answer = api.get(path)
        if answer.ok and answer.body["metadata"].get("deletionTimestamp"):
            # Of a validation just before.
            wait_until_gone(api, path)
        elif answer.ok:
            continue
        if api.apply(path, item.manifest).ok:
            created.append(item)
    wait_for_kinds(api, [item.manifest for item in created])
    return created


def _known(api: Api, candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Finding]]:
    """Separate the objects whose kind the server knows, each in the namespace it belongs to, from the others."""
    known, findings = [], []
    for item in candidates:
        kind = api.kind(item.api_version, item.kind, again=True)
        if kind is None:
            findings.append(item.finding(Severity.ERROR, unknown_kind(item)))
        elif kind.namespaced and not item.namespace:
            known.append(_in_namespace(item, item.home))
        else:
            known.append(item)
    return known, findings


def unknown_kind(item: Candidate) -> str:
    """Return what to say of an object whose kind the server does not know."""
    kind = f"the server knows no {item.kind} of {item.api_version}"
    source = crds.find(item.api_version, item.kind)
    if source:
        return (
            f"{kind}: the CustomResourceDefinition {source.name} is not loaded, or has no such version; "
            f"the catalogue has it from {source.folder} (mlplatform sandbox up --crds)"
        )
    return (
        f"{kind}, and no CustomResourceDefinition in the catalogue {crds.CATALOGUE.name} defines it: "
        "correct apiVersion and kind, or add the definition there"
    )


def _moved(candidates: Iterable[Candidate], absent: Iterable[str]) -> tuple[list[Candidate], list[Finding]]:
    moved, findings = [], []
    for item in candidates:
        if item.namespace in set(absent):
            message = f"namespace '{item.namespace}' is not there yet; validated in '{_ELSEWHERE}'"
            findings.append(item.finding(Severity.WARNING, message))
            moved.append(_in_namespace(item, _ELSEWHERE))
        else:
            moved.append(item)
    return moved, findings


def _in_namespace(item: Candidate, namespace: str) -> Candidate:
    metadata = {**item.manifest["metadata"], "namespace": namespace}
    return replace(item, manifest={**item.manifest, "metadata": metadata})


def _ask(api: Api, item: Candidate) -> list[Finding]:
    path = api.path(item.manifest)
    if path is None:  # Its definition was removed in the meantime.
        return [item.finding(Severity.ERROR, unknown_kind(item))]
    answer = api.apply(path, item.manifest, dry_run=True)
    findings = [item.finding(Severity.WARNING, warning) for warning in answer.warnings]
    if not answer.ok:
        return [*findings, _refusal(item, answer)]
    return findings + [finding for difference in differences(item.manifest, answer.body)
                       for finding in _kept(item, difference)]  # fmt: skip


def _refusal(item: Candidate, answer: Answer) -> Finding:
    """Return why an object is refused; not an error where only stand-ins are the cause."""
    fields = [paths.parse(field) for field in answer.fields] or list(paths.named_in(answer.message))
    if fields and all(_is_placeholder(item, field) for field in fields):
        names = ", ".join(sorted({paths.text(field) for field in fields}))
        message = f"not known before the update, so the object cannot be checked as a whole: {names}"
        return item.finding(Severity.UNCHECKED, message)
    return item.finding(Severity.ERROR, f"refused: {answer.message}")


def _kept(item: Candidate, difference: Any) -> list[Finding]:
    if _is_placeholder(item, difference.path):
        return []
    where = paths.text(difference.path)
    if difference.changed:
        return [item.finding(Severity.WARNING, f"the server changes the value of {where}")]
    return [item.finding(Severity.ERROR, f"the server drops {where}: it has no such field there")]


def _is_placeholder(item: Candidate, path: paths.Path) -> bool:
    # A Secret's stringData is answered, and complained of, as data.
    spelled = ("stringData", *path[1:]) if path[:1] == ("data",) and item.kind == "Secret" else path
    return any(paths.within(path, outer) or paths.within(spelled, outer) for outer in item.placeholders)
