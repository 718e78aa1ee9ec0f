"""Validate a stack: every object of it, shown to a real API server that keeps nothing."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlplatform.sandbox.control_plane import crds, lifecycle
from mlplatform.sandbox.control_plane.api import Api
from mlplatform.sandbox.control_plane.control_plane import ControlPlane
from mlplatform.sandbox.control_plane.load_crds import load_crds
from mlplatform.sandbox.files import exclusive
from mlplatform.sandbox.findings import Candidate, Finding, Severity
from mlplatform.sandbox.problems import problem
from mlplatform.sandbox.toolchain.binaries import NoBinariesError, find_binaries
from mlplatform.sandbox.toolchain.go_build import required
from mlplatform.sandbox.validation.helm import Capabilities, NotRenderedError, RefusedError, releases_of, render
from mlplatform.sandbox.validation.schemas import Schemas
from mlplatform.sandbox.validation.stack_objects import filled, objects_of, patches_of
from mlplatform.sandbox.validation.validate import validate_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlplatform.review.state.resources import StackState
    from mlplatform.sandbox.validation.helm import Release

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Server:
    """Which API server is asked.

    Attributes:
        kubeconfig: file of the access, ``None`` for kubectl's own choice.
        context: a context of it.

    """

    kubeconfig: Path | None = None
    context: str | None = None


@dataclass(frozen=True, kw_only=True)
class NotRendered:
    """A Helm release whose objects were not validated.

    Attributes:
        urn: of its resource.
        name: of the release.
        reason: why.

    """

    urn: str
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What the validation of a stack found.

    Attributes:
        stack: name of the stack.
        server: what was asked, in words.
        kubernetes: the server's version.
        objects: how many own objects were validated.
        rendered: how many objects of Helm releases were validated.
        findings: what was found.
        not_rendered: releases whose objects were not validated.

    """

    stack: str
    server: str
    kubernetes: str
    objects: int
    rendered: int
    findings: tuple[Finding, ...]
    not_rendered: tuple[NotRendered, ...]

    def count(self, severity: Severity) -> int:
        """Return how many findings are that bad."""
        return sum(finding.severity is severity for finding in self.findings)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON data, by ``validation.schema.json``."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "stack": self.stack,
            "server": self.server,
            "kubernetes": self.kubernetes,
            "objects": self.objects,
            "rendered": self.rendered,
            "findings": [
                {
                    "severity": str(item.severity), "urn": item.urn, "apiVersion": item.api_version,
                    "kind": item.kind, "namespace": item.namespace, "name": item.name, "message": item.message,
                }
                for item in self.findings
            ],
            "notRendered": [
                {"urn": item.urn, "name": item.name, "reason": item.reason} for item in self.not_rendered
            ],
            "errors": [],
        }  # fmt: skip


@dataclass
class _Rendered:
    objects: list[Candidate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missing: list[NotRendered] = field(default_factory=list)


def validate_stack(
    state: StackState, project: Path, *, server: Server | None = None, report: Callable[[str], None]
) -> Validation:
    """Show every object of a stack to an API server.

    Args:
        state: the desired state.
        project: folder of the project, of its sandbox and of relative chart paths.
        server: a cluster to ask; by default the project's sandbox where it runs and knows the stack's kinds, else one
            made for the purpose, with the definitions the stack needs.
        report: receives a line for each thing that takes long.

    Raises:
        ProblemsError: there is no server to ask.

    """
    objects = objects_of(state)
    rendered = _render(state, project, server, report)
    candidates = objects + rendered.objects
    with _server(project, candidates, server, report) as (api, words):
        ready, unknown = filled(candidates, Schemas(api))
        report(f"Asking {words} about {len(ready)} objects ...")
        findings = validate_objects(ready, api, own=server is None)
        version = api.version()
    return Validation(
        stack=state.stack,
        server=words,
        kubernetes=version,
        objects=len(objects),
        rendered=len(rendered.objects),
        findings=(*findings, *rendered.findings, *unknown, *patches_of(state)),
        not_rendered=tuple(rendered.missing),
    )


def _render(state: StackState, project: Path, server: Server | None, report: Callable[[str], None]) -> _Rendered:
    result = _Rendered()
    releases = releases_of(state)
    if not releases:
        return result
    capabilities = _capabilities(project, server)
    for release in releases:
        report(f"Rendering release {release.name} ...")
        with tempfile.TemporaryDirectory(prefix="mlplatform-helm-") as folder:
            try:
                result.objects += render(release, project=project, folder=Path(folder), capabilities=capabilities)
            except NotRenderedError as error:
                result.missing.append(NotRendered(urn=release.urn, name=release.name, reason=str(error)))
            except RefusedError as error:
                result.findings.append(_refused(release, error))
    return result


def _refused(release: Release, error: RefusedError) -> Finding:
    return Finding(
        severity=Severity.ERROR, urn=release.urn, kind="Release", namespace=release.namespace, name=release.name,
        message=f"helm refuses it: {error}",
    )  # fmt: skip


def _capabilities(project: Path, server: Server | None) -> Capabilities:
    """Return what charts find in the cluster that will be asked."""
    root = lifecycle.folder(project)
    if server is None and not lifecycle.status(root).running:
        return Capabilities(kubernetes=required()["k8s.io/kubernetes"])
    with contextlib.closing(_api(project, server)) as api:
        return Capabilities(kubernetes=api.version(), api_versions=api.api_versions())


def _api(project: Path, server: Server | None) -> Api:
    if server is None:
        return Api(lifecycle.folder(project) / "kubeconfig")
    return Api(server.kubeconfig, context=server.context)


@contextlib.contextmanager
def _server(
    project: Path, candidates: list[Candidate], server: Server | None, report: Callable[[str], None]
) -> Iterator[tuple[Api, str]]:
    if server is not None:
        with contextlib.closing(_api(project, server)) as api:
            yield api, f"context '{server.context}'" if server.context else "the current context"
        return
    if lifecycle.status(lifecycle.folder(project)).running:
        with contextlib.closing(_api(project, None)) as api:
            lacks = sorted({source.kind for source in _definitions(candidates) if not _serves(api, source)})
            if not lacks:
                # It creates and removes namespaces there, which nobody else may be asking about at the same time.
                waiting = partial(report, "Another validation is asking the sandbox ...")
                with exclusive(lifecycle.folder(project) / "validation.lock", waiting=waiting):
                    yield api, "the running sandbox"
                return
            report(f"The running sandbox does not know {', '.join(lacks)}: a sandbox is made for the purpose.")
    try:
        binaries = find_binaries(report)
    except NoBinariesError as error:
        raise problem(str(error)) from None
    report("Starting a control plane for the validation ...")
    with (
        tempfile.TemporaryDirectory(prefix="mlplatform-sandbox-") as folder,
        ControlPlane(Path(folder), binaries, guarded=True) as plane,
    ):
        for missing in load_crds(plane.api, _definitions(candidates), report=report):
            report(f"warning: not loaded: {missing}")
        yield plane.api, "a sandbox made for the purpose"


def _definitions(candidates: list[Candidate]) -> list[crds.CrdSource]:
    """Return the entries of the catalogue that objects need."""
    sources = {(item.api_version, item.kind): crds.find(item.api_version, item.kind) for item in candidates}
    return list(dict.fromkeys(source for source in sources.values() if source))


def _serves(api: Api, source: crds.CrdSource) -> bool:
    return api.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{source.name}").ok
