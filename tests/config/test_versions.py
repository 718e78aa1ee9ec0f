"""The file of versions: every row is whole, and what it says can be used."""

import re

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.config.versions import chart, rows, unsupported, version_row, versions_of

LICENCES = {"Apache-2.0", "MIT", "BUSL-1.1"}
# Images of the stack's own objects.
PINNED = re.compile(r"[a-z0-9.-]+\.[a-z]+(/[a-z0-9._-]+)+(?=[:@])(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?")
MINOR = re.compile(r"1\.\d{2}")


@pytest.mark.parametrize("name", rows())
def test_every_row_is_whole(name):
    row = version_row(name)
    assert set(row.charts) == set(version_row().charts)
    for key, found in row.charts.items():
        assert found.key == key
        assert found.repository.startswith(("https://", "oci://"))
        assert found.licence in LICENCES
        for bound in (found.kubernetes_from, found.kubernetes_to):
            assert bound is None or MINOR.fullmatch(bound)


@pytest.mark.parametrize("name", rows())
def test_a_row_is_free_software(name):
    assert "BUSL-1.1" not in {found.licence for found in version_row(name).charts.values()}


@pytest.mark.parametrize("name", rows())
def test_some_kubernetes_version_fits_a_whole_row(name):
    everything = list(version_row(name).charts.values())
    assert [minor for minor in range(30, 40) if not unsupported(everything, f"1.{minor}")]


@pytest.mark.parametrize("name", rows())
def test_istio_kserve_and_their_parts_have_one_version_each(name):
    charts = version_row(name).charts
    assert len({charts[key].version for key in charts if key.startswith("istio")}) == 1
    assert len({charts[key].version for key in charts if key.startswith("kserve")}) == 1


@pytest.mark.parametrize("key", version_row().charts)
@pytest.mark.parametrize("what", ["images", "operands"])
def test_images_have_their_registry(key, what):
    for version in versions_of(key):
        for path, image in getattr(chart(key, version), what).items():
            registry = image.partition("/")[0]
            assert "." in registry, (path, image)
            assert "{" not in image
            assert not image.endswith(":latest")


def test_own_images_are_pinned():
    for image in version_row().images.values():
        assert PINNED.fullmatch(image), image


def test_an_unknown_row_names_those_that_there_are():
    with pytest.raises(ProblemsError, match=r"there is no row '2020-01'; known here: .*2026-11"):
        version_row("2020-01")


def test_a_version_of_a_chart_that_is_not_in_the_row():
    assert chart("seldon-core-operator", "1.18.2").licence == "BUSL-1.1"
    with pytest.raises(KeyError):
        chart("seldon-core-operator", "1.18.9")


@pytest.mark.parametrize(("kubernetes", "fits"), [("1.31", False), ("1.32", True), ("1.36", True), ("1.37", False)])
def test_kubernetes_versions_of_istio(kubernetes, fits):
    assert version_row().charts["istiod"].supports(kubernetes) is fits
