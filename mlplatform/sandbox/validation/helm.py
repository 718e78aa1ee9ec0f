"""The objects of a stack's Helm releases, rendered by the real ``helm`` without a cluster."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from mlplatform.review.state.kubernetes_objects import HELM_RELEASE
from mlplatform.review.state.property_values import redact
from mlplatform.sandbox.findings import Candidate
from mlplatform.sandbox.validation.rendered_yaml import documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlplatform.review.state.resources import ResourceState, StackState
    from mlplatform.sandbox.findings import Object

_PULL_SECONDS = 60
_RENDER_SECONDS = 120
_SCHEME = "://"


class NotRenderedError(Exception):
    """A release cannot be rendered here: helm or the chart cannot be had; the message says why."""


class RefusedError(Exception):
    """Helm refuses the release: values that the chart does not take, a wrong Kubernetes version, a broken chart."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A Helm release of a stack.

    Attributes:
        urn: of its resource.
        name: of the release.
        namespace: it goes to.
        chart: a folder, a file, an ``oci://`` address, or a name in ``repository``.
        version: of the chart, ``""`` for whichever.
        repository: address of the chart's repository, ``""`` without one.
        values: its values; secret and unknown ones are texts.
        skip_crds: whether the definitions in the chart's folder ``crds`` are left out.

    """

    urn: str
    name: str
    namespace: str
    chart: str
    version: str
    repository: str
    values: dict[str, Any]
    skip_crds: bool


def releases_of(state: StackState) -> list[Release]:
    """Return the releases of a stack in the order of the program."""
    return [_release(resource) for resource in state.resources if resource.type == HELM_RELEASE]


def _release(resource: ResourceState) -> Release:
    inputs = {key: redact(value) for key, value in resource.inputs.items()}
    options = inputs.get("repositoryOpts")
    return Release(
        urn=resource.urn,
        name=inputs.get("name") or resource.name,
        namespace=inputs.get("namespace") or "default",
        chart=inputs.get("chart") or "",
        version=inputs.get("version") or "",
        repository=(options.get("repo") or "") if isinstance(options, dict) else "",
        values=inputs["values"] if isinstance(inputs.get("values"), dict) else {},
        skip_crds=bool(inputs.get("skipCrds")),
    )


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What charts may ask of the cluster.

    Attributes:
        kubernetes: version of the API server, ``v1.36.3``.
        api_versions: what it serves, ``apps/v1`` and ``apps/v1/Deployment``.

    """

    kubernetes: str
    # Part of every server; helm knows them only from a cluster.
    api_versions: tuple[str, ...] = ("apiextensions.k8s.io/v1", "apiregistration.k8s.io/v1")


def render(release: Release, *, project: Path, folder: Path, capabilities: Capabilities) -> list[Candidate]:
    """Return the objects that a release installs, its hooks among them.

    Args:
        release: the release.
        project: folder of the program, from which paths of charts start.
        folder: an empty folder to work in.
        capabilities: of the cluster.

    Raises:
        NotRenderedError: helm or the chart cannot be had.
        RefusedError: helm refuses the values, or the chart.

    """
    helm = shutil.which("helm")
    if helm is None:
        raise NotRenderedError("helm is not on the search path (https://helm.sh/docs/intro/install)")
    chart = _chart(helm, release, project, folder)
    values = folder / "values.json"
    # JSON is YAML. Values may be secrets: the folder is the caller's, and private.
    values.write_text(json.dumps(release.values), encoding="utf-8")
    crds = "--skip-crds" if release.skip_crds else "--include-crds"
    known = [f"--api-versions={version}" for version in capabilities.api_versions]
    command = [helm, "template", release.name, str(chart), "--namespace", release.namespace, "--values", str(values)]
    done = _run([*command, "--kube-version", capabilities.kubernetes, "--skip-tests", crds, *known], _RENDER_SECONDS)
    if done.returncode:
        raise RefusedError(_last_line(done.stderr))
    try:
        rendered = documents(done.stdout)
    except yaml.YAMLError as error:
        raise RefusedError(f"the chart renders what is no YAML: {' '.join(str(error).split())}") from None
    return [
        Candidate(manifest=item, origin=release.urn, home=release.namespace, note=f"of release {release.name}")
        for document in rendered
        for item in _items(document)
    ]


def _items(document: Any) -> Iterator[Object]:
    if not isinstance(document, dict) or not document:
        return
    if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _items(item)
    else:
        yield document


def _chart(helm: str, release: Release, project: Path, folder: Path) -> Path:
    """Return the chart as a folder or file of this machine."""
    local = project / release.chart
    if release.chart and not release.repository and _SCHEME not in release.chart:
        if local.exists():
            return local
        raise NotRenderedError(f"there is no chart '{release.chart}'")
    version = ["--version", release.version] if release.version else []
    repository = ["--repo", release.repository] if release.repository else []
    command = [helm, "pull", release.chart, *version, *repository, "--destination", str(folder)]
    try:
        done = _run(command, _PULL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotRenderedError(f"the chart was not there after {_PULL_SECONDS} s") from None
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise NotRenderedError(f"the chart cannot be had: {_last_line(done.stderr)}")
    return archives[0]


def _run(command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
    )


def _last_line(text: str) -> str:
    """Return what helm complains of: all after its ``Error:``, on one line."""
    _, separator, message = text.rpartition("Error: ")
    return " ".join((message if separator else text).split())[:2000] or "helm gives no reason"
