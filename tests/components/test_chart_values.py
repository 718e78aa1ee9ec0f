"""Values of charts: images under a mirror's prefix, and how sets of values are merged."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kubernetes.chart_values import full_name, image_values, merged, under_prefix
from components.kubernetes.third_party import ThirdParty
from mlplatform.config.mirror import MirrorSection
from mlplatform.config.versions import version_row

ROW = version_row()


def third_party(**mirror):
    return ThirdParty(row=ROW, mirror=MirrorSection.model_validate(mirror))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("kserve/agent:v0.20.0", "docker.io/kserve/agent:v0.20.0"),
        ("quay.io/jetstack/cert-manager:v1", "quay.io/jetstack/cert-manager:v1"),
        ("localhost/a:1", "localhost/a:1"),
        ("registry:5000/a:1", "registry:5000/a:1"),
    ],
)
def test_full_names(image, name):
    assert full_name(image) == name
    assert under_prefix(image, "mirror.example.org/all") == f"mirror.example.org/all/{name}"
    assert under_prefix(image, None) == image


@pytest.mark.parametrize("key", sorted(ROW.charts))
def test_every_image_value_of_a_chart_is_under_the_prefix(key):
    def leaves(value):
        return [leaf for item in value.values() for leaf in leaves(item)] if isinstance(value, dict) else [value]

    chart = ROW.charts[key]
    found = leaves(image_values(chart.images, "mirror.example.org"))
    assert sorted(found) == sorted(f"mirror.example.org/{image}" for image in chart.images.values())
    assert sorted(leaves(image_values(chart.images, None))) == sorted(chart.images.values())


def test_a_chart_keeps_its_own_images_without_a_mirror_unless_they_are_pinned():
    for key, chart in ROW.charts.items():
        assert bool(third_party().values(chart, {})) == chart.images_pinned, key
    assert third_party().values(ROW.charts["istio-ztunnel"], {}) == {"hub": "docker.io/istio"}


def test_values_keep_what_they_say_themselves():
    charts = third_party(images="mirror.example.org")
    values = charts.values(ROW.charts["istiod"], {"global": {"proxy": {"privileged": False}}})
    assert values == {"global": {"hub": "mirror.example.org/docker.io/istio", "proxy": {"privileged": False}}}
    assert charts.values(ROW.charts["istiod"], {"global": {"hub": "own"}}) == {"global": {"hub": "own"}}
    assert third_party().values(ROW.charts["istiod"], {"a": 1}) == {"a": 1, "global": {"hub": "docker.io/istio"}}
    assert third_party().values(ROW.charts["keda"], {"a": 1}) == {"a": 1}


def test_operands_of_knative_come_from_the_mirror():
    operands = third_party(images="mirror.example.org").operands(ROW.charts["knative-operator"])
    assert operands["queue-proxy"].startswith("mirror.example.org/gcr.io/knative-releases/")
    # Every ingress that the settings offer.
    assert {"net-istio-controller/controller", "3scale-kourier-gateway/kourier-gateway"} <= set(operands)


def test_the_image_of_kouriers_gateway_is_pinned_without_a_mirror_too():
    operands = third_party().operands(ROW.charts["knative-operator"])
    assert operands == {"3scale-kourier-gateway/kourier-gateway": "docker.io/envoyproxy/envoy:v1.37.5"}
    assert not any("latest" in image for chart in ROW.charts.values() for image in chart.operands.values())


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda children: st.dictionaries(st.sampled_from("abc"), children, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(below=MAPPINGS, above=MAPPINGS)
def test_merging(below, above):
    before = repr((below, above))
    result = merged(below, above)
    assert set(result) == set(below) | set(above)
    assert merged(result, above) == result
    assert merged({}, above) == above
    assert merged(below, {}) == below
    assert repr((below, above)) == before


@pytest.mark.parametrize(
    ("mirror", "source"),
    [
        ({}, {"chart": "oci://quay.io/jetstack/charts/cert-manager", "version": "v1.21.2"}),
        (
            {"charts": "oci://mirror.example.org/c"},
            {"chart": "oci://mirror.example.org/c/cert-manager", "version": "v1.21.2"},
        ),
        (
            {"charts": "https://charts.example.org"},
            {
                "chart": "cert-manager",
                "version": "v1.21.2",
                "repository_opts": {"repo": "https://charts.example.org"},
            },
        ),
        ({"charts": "charts"}, {"chart": "charts/cert-manager-v1.21.2.tgz", "version": "v1.21.2"}),
    ],
)
def test_one_place_says_where_all_charts_come_from(mirror, source):
    assert third_party(**mirror).source(ROW.charts["cert-manager"]) == source


def test_only_a_folder_can_lack_a_chart(tmp_path):
    charts = [ROW.charts["istio-base"]]
    for mirror in ({}, {"charts": "oci://mirror.example.org"}):
        assert not list(third_party(**mirror).missing_archives(charts, folder=tmp_path, file="f"))
    (tmp_path / "charts").mkdir()
    local = third_party(charts="charts")
    assert len(list(local.missing_archives(charts, folder=tmp_path, file="f"))) == 1
    Path(tmp_path / "charts" / "base-1.31.4.tgz").touch()
    assert not list(local.missing_archives(charts, folder=tmp_path, file="f"))
