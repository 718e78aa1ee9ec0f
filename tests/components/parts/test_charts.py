"""The values of every release against the charts themselves: known keys, images, Pod Security."""

import json
import tarfile
from typing import get_args

import jsonschema
import pytest
import yaml

from components.parts.istio_values import platform_values
from mlplatform.config.parts.istio import IstioSection
from mlplatform.config.versions import version_row
from tests.components.parts import charts
from tests.components.parts.pod_security import breaches
from tests.components.parts.project import VARIANTS

PREFIX = "registry.example.org/mirror/"
NODES = {
    "istio-cni-node",
    "ztunnel",
    "kube-prometheus-stack-prometheus-node-exporter",
    "nvidia-device-plugin",
    "nvidia-device-plugin-mps-control-daemon",
}
needs_charts = pytest.mark.skipif(
    not (charts.ARCHIVES and charts.HELM),
    reason="MLPLATFORM_CHARTS names no folder of .tgz files, or there is no helm on PATH",
)


@pytest.mark.parametrize("variant", VARIANTS)
def test_releases_set_only_values_that_their_chart_has(state_of, variant):
    unchecked = []
    for _, name, version, _, values in charts.releases(state_of(variant)):
        folder = charts.values_folder(name, version)
        if folder is None:
            unchecked.append(name)
            continue
        known = charts.defaults((folder / "values.yaml").read_text())
        assert not charts.unknown(name, values, known), name
        if (schema := folder / "values.schema.json").is_file():
            jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(values)
    if not charts.VALUES.is_dir():
        pytest.skip(f"no chart values in {charts.VALUES.name}: {', '.join(unchecked)}")


def test_the_check_of_values_can_fail():
    known = {"image": {"tag": ""}, "labels": {}}
    assert list(charts.unknown_keys({"image": {"tga": "1"}, "labels": {"any": "thing"}}, known)) == ["image.tga"]


@needs_charts
@pytest.mark.parametrize("variant", ["istio-knative", "kourier-knative", "ambient", "production", "eks"])
def test_charts_take_the_values_and_render_pods_that_fit_their_namespace(state_of, variant):
    for release, name, version, namespace, values in charts.releases(state_of(variant)):
        for document in charts.render(name, version, namespace, values, release):
            if (pod := charts.pod_template(document)) is None:
                continue
            where = document["metadata"].get("namespace", namespace)
            found = list(breaches(pod["spec"]))
            assert not found or (where == "kube-system" and document["metadata"]["name"] in NODES), (name, found)


@needs_charts
def test_cni_plugins_go_where_the_nodes_of_the_platform_keep_them(state_of):
    paths = {}
    for variant in ("istio-knative", "k3s"):
        (cni,) = [release for release in charts.releases(state_of(variant)) if release[1] == "cni"]
        release, name, version, namespace, values = cni
        documents = charts.render(name, version, namespace, values, release)
        (agent,) = [document for document in documents if document["kind"] == "DaemonSet"]
        volumes = {volume["name"]: volume for volume in agent["spec"]["template"]["spec"]["volumes"]}
        paths[variant] = [volumes[name]["hostPath"]["path"] for name in ("cni-bin-dir", "cni-net-dir")]
    assert paths == {
        "istio-knative": ["/opt/cni/bin", "/etc/cni/net.d"],
        "k3s": ["/var/lib/rancher/k3s/data/cni", "/var/lib/rancher/k3s/agent/etc/cni/net.d"],
    }


@needs_charts
@pytest.mark.parametrize("platform", get_args(get_args(IstioSection.model_fields["platform"].annotation)[0]))
def test_charts_know_every_platform(platform):
    row = version_row()
    for key in ("istio-base", "istio-cni", "istiod", "istio-ztunnel", "istio-gateway"):
        found = row.charts[key]
        charts.render(found.name, found.version, "istio-system", platform_values(platform), key)


@needs_charts
@pytest.mark.parametrize("variant", ["istio-knative", "production", "eks"])
def test_charts_know_every_value(state_of, variant):
    for _, name, version, _, values in charts.releases(state_of(variant)):
        with tarfile.open(f"{charts.ARCHIVES}/{name}-{version}.tgz") as archive:
            known = charts.defaults(archive.extractfile(f"{name}/values.yaml").read().decode())
            for part in archive.getnames():
                _, _, rest = part.partition(f"{name}/charts/")
                if rest.count("/") == 1 and rest.endswith("/values.yaml"):
                    # A parent's value of a subchart's name holds the subchart's values.
                    sub = yaml.safe_load(archive.extractfile(part).read()) or {}
                    known[rest.partition("/")[0]] = {**sub, **(known.get(rest.partition("/")[0]) or {})}
        assert not charts.unknown(name, values, known), name


@needs_charts
def test_every_image_comes_from_the_mirror(state_of):
    seen = set()
    for variant in ("mirror", "kourier-mirror", "eks-kourier-mirror"):
        for release, name, version, namespace, values in charts.releases(state_of(variant)):
            for document in charts.render(name, version, namespace, values, release):
                for image in charts.images(document):
                    # istiod's injected images are made of the hub; "auto" is the gateway's, filled in by istiod.
                    assert image.startswith(PREFIX) or image == "auto", (name, document["kind"], image)
                    seen.add(image)
    assert len(seen) > 30


@needs_charts
@pytest.mark.parametrize("variant", ["istio-knative", "production", "eks"])
def test_no_image_has_a_moving_tag(state_of, variant):
    for release, name, version, namespace, values in charts.releases(state_of(variant)):
        for document in charts.render(name, version, namespace, values, release):
            moving = [image for image in charts.images(document) if image.endswith(":latest")]
            assert not moving, (name, document["kind"], moving)
