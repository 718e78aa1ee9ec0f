"""Releases of a stack, rendered: with a stand-in for helm, and with the real one where it is installed."""

import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.state.kubernetes_objects import HELM_RELEASE
from mlplatform.review.state.property_values import secret
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.sandbox.validation import helm
from mlplatform.sandbox.validation.helm import Capabilities, NotRenderedError, RefusedError, releases_of, render
from mlplatform.sandbox.validation.rendered_yaml import documents
from mlplatform.sandbox.validation.stack_validation import validate_stack
from mlplatform.sandbox.validation.validate import validate_objects

CAPABILITIES = Capabilities(kubernetes="v1.36.3")
# A stand-in for helm: it notes how it was called, copies its values, and answers with prepared files.
HELM = """#!/bin/sh
cd "{folder}"
echo "$*" >> calls
case "$1" in
pull)
  [ -f pull.error ] && {{ cat pull.error >&2; exit 1; }}
  while [ "$1" != --destination ]; do shift; done
  echo chart > "$2/chart-1.0.0.tgz" ;;
template)
  [ -f template.error ] && {{ cat template.error >&2; exit 1; }}
  while [ "$1" != --values ]; do shift; done
  cp "$2" values.json
  cat rendered.yaml ;;
esac
"""
RENDERED = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: from-chart
data:
  date: 2026-01-01
  sign: =
---
# only a comment
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Secret, metadata: {name: in-list, namespace: elsewhere}, stringData: {a: b}}
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    folder = tmp_path / "helm"
    folder.mkdir()
    (folder / "helm").write_text(HELM.format(folder=folder))
    (folder / "helm").chmod(0o755)
    (folder / "rendered.yaml").write_text(RENDERED)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def work(tmp_path):
    """A project with a chart's folder, and an empty folder to work in."""
    (tmp_path / "charts" / "own").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    return {"project": tmp_path, "folder": tmp_path / "work", "capabilities": CAPABILITIES}


def state(**inputs):
    urn = f"urn:pulumi:case::mlplatform::{HELM_RELEASE}::release"
    inputs = {"chart": "charts/own", "name": "release", "namespace": "system"} | inputs
    return StackState(
        stack="case",
        project="mlplatform",
        resources=(ResourceState(urn=urn, type=HELM_RELEASE, custom=True, inputs=inputs),),
    )


def release(**inputs):
    (found,) = releases_of(state(**inputs))
    return found


def test_chart_of_a_local_folder(fake, work):
    found = render(release(values={"a": 1}, skipCrds=True), **work)
    assert [(item.kind, item.name, item.namespace, item.home) for item in found] == [
        ("ConfigMap", "from-chart", "", "system"),
        ("Secret", "in-list", "elsewhere", "system"),
    ]
    assert found[0].manifest["data"] == {"date": "2026-01-01", "sign": "="}
    (call,) = (fake / "calls").read_text().splitlines()
    assert call.startswith(f"template release {work['project'] / 'charts/own'} --namespace system --values ")
    assert "--kube-version v1.36.3 --skip-tests --skip-crds --api-versions=apiextensions.k8s.io/v1" in call
    assert json.loads((fake / "values.json").read_text()) == {"a": 1}


def test_chart_of_a_repository(fake, work):
    render(release(chart="name", version="1.0.0", repositoryOpts={"repo": "https://charts.example.org"}), **work)
    pull, template = (fake / "calls").read_text().splitlines()
    assert pull == (f"pull name --version 1.0.0 --repo https://charts.example.org --destination {work['folder']}")
    assert f"template release {work['folder'] / 'chart-1.0.0.tgz'} " in template
    assert "--include-crds" in template


def test_chart_of_an_oci_registry(fake, work):
    render(release(chart="oci://registry.example.org/charts/name", version="1.0.0"), **work)
    assert (fake / "calls").read_text().startswith("pull oci://registry.example.org/charts/name --version 1.0.0 --dest")


@pytest.mark.usefixtures("fake")
def test_chart_that_is_not_there(work):
    with pytest.raises(NotRenderedError, match="there is no chart 'charts/missing'"):
        render(release(chart="charts/missing"), **work)


def test_chart_that_cannot_be_had(fake, work):
    (fake / "pull.error").write_text("WARNING: something\nError: no such host\n")
    with pytest.raises(NotRenderedError, match="the chart cannot be had: no such host"):
        render(release(chart="oci://registry.example.org/name"), **work)


def test_chart_that_takes_too_long(fake, work, monkeypatch):
    (fake / "helm").write_text("#!/bin/sh\nexec sleep 1000\n")
    monkeypatch.setattr(helm, "_PULL_SECONDS", 0.2)
    with pytest.raises(NotRenderedError, match=r"not there after 0\.2 s"):
        render(release(chart="oci://registry.example.org/name"), **work)


def test_values_that_the_chart_refuses(fake, work):
    (fake / "template.error").write_text("Error: values don't meet the specifications of the schema(s):\n- a: no\n")
    with pytest.raises(RefusedError, match=r"specifications of the schema\(s\): - a: no"):
        render(release(), **work)


def test_chart_that_renders_no_yaml(fake, work):
    (fake / "rendered.yaml").write_text("a: {")
    with pytest.raises(RefusedError, match="no YAML"):
        render(release(), **work)


def test_without_helm(work, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotRenderedError, match="helm is not on the search path"):
        render(release(), **work)


def test_secrets_and_unknown_values_are_texts():
    values = release(values={"password": secret(), "host": UNKNOWN}).values
    assert values == {"password": "[secret]", "host": UNKNOWN}
    assert release(values=UNKNOWN).values == {}


def test_names_that_the_program_leaves_to_the_provider():
    found = release(name=None, namespace=None)
    assert (found.name, found.namespace) == ("release", "default")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("=", "="), ("1.2.3", "1.2.3"), ("'1'", "1"),
        ("10", 10), ("0x1F", 31), ("1e3", 1000.0), ("1.5", 1.5), (".5", 0.5), ("true", True), ("yes", True),
        ("~", None), ("a", "a"),
    ],
)  # fmt: skip
def test_yaml_is_read_as_kubernetes_reads_it(text, value):
    assert documents(f"a: {text}") == [{"a": value}]


def test_rendered_objects_are_validated(fake, work, control_plane):
    found = render(release(), **work)
    assert validate_objects(found, control_plane.api) == []
    (fake / "rendered.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: bad}, daata: {}}")
    (problem,) = validate_objects(render(release(), **work), control_plane.api)
    assert (problem.object, problem.urn) == ("ConfigMap system/bad", state().resources[0].urn)
    assert problem.message.startswith("of release release: refused: ")


def test_stack_with_releases(fake, tmp_path, monkeypatch, control_plane):
    """One release that is fine, on a sandbox that runs; it is said what helm was told of it."""
    (tmp_path / "charts" / "own").mkdir(parents=True)
    root = tmp_path / ".mlplatform" / "sandbox"
    root.mkdir(parents=True)
    shutil.copy(control_plane.kubeconfig, root / "kubeconfig")
    monkeypatch.setattr(
        "mlplatform.sandbox.control_plane.lifecycle.status", lambda _root: type("Status", (), {"running": True})
    )
    result = validate_stack(state(), tmp_path, report=lambda _line: None)
    assert (result.server, result.objects, result.rendered) == ("the running sandbox", 0, 2)
    assert result.findings == ()
    assert "--api-versions=apps/v1/Deployment" in (fake / "calls").read_text()

    (fake / "template.error").write_text("Error: values\n")
    (finding,) = validate_stack(state(), tmp_path, report=lambda _line: None).findings
    assert (finding.object, finding.message) == ("Release system/release", "helm refuses it: values")

    (missing,) = validate_stack(state(chart="gone"), tmp_path, report=lambda _line: None).not_rendered
    assert missing.reason == "there is no chart 'gone'"


def test_real_helm(work):
    if shutil.which("helm") is None:
        pytest.skip("helm is not on the search path (https://helm.sh/docs/intro/install)")
    chart = work["project"] / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "crds").mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: own, version: 1.0.0, kubeVersion: '>= 1.36.0-0'}")
    (chart / "values.yaml").write_text("size: 1\n")
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}, "additionalProperties": False}
    (chart / "values.schema.json").write_text(json.dumps(schema | {"required": ["size"]}))
    (chart / "templates" / "config.yaml").write_text(
        '{{ if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" }}\n'
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}'},\n"
        " data: {size: '{{ .Values.size }}'}}\n"
        "{{ end }}\n"
    )
    (chart / "crds" / "crd.yaml").write_text("{apiVersion: v1, kind: Thing, metadata: {name: thing}}")
    file = work["project"] / "own-1.0.0.tgz"
    with tarfile.open(file, "w:gz") as tar:
        tar.add(chart, "own")
    found = render(release(chart=str(file), values={"size": 3}), **work)
    assert [(item.kind, item.name) for item in found] == [("Thing", "thing"), ("ConfigMap", "release")]
    assert found[1].manifest["data"] == {"size": "3"}
    assert [item.kind for item in render(release(chart=str(chart), skipCrds=True), **work)] == ["ConfigMap"]
    with pytest.raises(RefusedError, match="sizes"):
        render(release(chart=str(file), values={"sizes": 3}), **work)


def test_paths_of_charts_start_at_the_project(fake, work, monkeypatch):
    monkeypatch.chdir(Path("/"))
    render(release(), **work)
    assert str(work["project"]) in (fake / "calls").read_text()
