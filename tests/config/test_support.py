"""Until when what is pinned is supported, which holes it has, and what a preview says of that."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.advisories import advisories, advisories_of_chart, advisories_of_image
from mlplatform.config.load import check_stack_file, parse_settings
from mlplatform.config.support import NOTICE, Support, support_of_image
from mlplatform.config.third_party import components_of_row, components_of_stack, version_notices
from mlplatform.config.versions import beyond_tests, chart, rows, version_row
from mlplatform.config.versions_file import versions_data
from tests.config.test_aws import GOOD
from tests.config.test_files import ROOT

ENDS = date(2027, 2, 2)
MINIO = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"
UNMENDED = ("CVE-2026-40344", "CVE-2026-41145")


def every_version():
    data = versions_data()
    for key, entry in data["charts"].items():
        yield from ((f"{key} {version}", facts) for version, facts in entry["versions"].items())
    yield from data["images"].items()


@pytest.mark.parametrize(("name", "facts"), tuple(every_version()))
def test_every_version_says_when_its_support_ends_and_where_that_stands(name, facts):
    support = Support(**facts["support"])
    assert urlsplit(support.source).scheme == "https", name
    assert support.ends is None or support.until is None
    assert not support.expected or support.ends
    assert str(support)


@pytest.mark.parametrize(("name", "facts"), tuple(every_version()))
def test_every_range_of_kubernetes_versions_has_its_source(name, facts):
    if {"from", "to", "tested"} & facts.keys():
        assert urlsplit(facts["ranges"]).scheme == "https", name
    assert not {"to", "tested"} <= facts.keys()


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        (ENDS - NOTICE - timedelta(days=1), "supported"),
        (ENDS - NOTICE, "ending"),
        (ENDS - timedelta(days=1), "ending"),
        (ENDS, "ended"),
        (ENDS + timedelta(days=900), "ended"),
    ],
)
def test_the_phase_of_a_day(day, phase):
    assert Support(ends=ENDS, source="s").phase(day) == phase
    assert Support(until="the release of 2", source="s").phase(day) == "supported"


@given(ends=st.dates(date(2020, 1, 1), date(2100, 1, 1)), day=st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_phases_come_one_after_another(ends, day):
    order = ("supported", "ending", "ended")
    support = Support(ends=ends, source="s")
    assert order.index(support.phase(day)) <= order.index(support.phase(day + timedelta(days=1)))


@pytest.mark.parametrize(
    ("key", "version", "names"),
    [
        ("istiod", "1.30.3", ("ISTIO-SECURITY-2026-006", "GHSA-qm8v-g4f9-qhjx")),
        ("istio-gateway", "1.29.6", ("ISTIO-SECURITY-2026-006",)),
        ("istiod", "1.29.7", ()),
        ("istiod", "1.30.4", ()),
        ("istiod", "1.30.8", ()),
        ("istiod", "1.31.0", ("GHSA-qm8v-g4f9-qhjx",)),
        ("istiod", "1.31.4", ()),
        ("cert-manager", "1.30.3", ()),
    ],
)
def test_holes_of_charts(key, version, names):
    assert tuple(advisory.name for advisory in advisories_of_chart(key, version)) == names


@pytest.mark.parametrize(
    ("image", "names"),
    [
        (MINIO, ("CVE-2025-62506", *UNMENDED)),
        ("minio/minio:RELEASE.2024-01-01T00-00-00Z", ("CVE-2025-62506", *UNMENDED)),
        ("registry.example.org:5000/m/minio:RELEASE.2025-10-15T17-29-55Z", UNMENDED),
        (f"{MINIO}@sha256:{'a' * 64}", ("CVE-2025-62506", *UNMENDED)),
        # Nobody can say which version that is.
        (f"registry.example.org/minio@sha256:{'a' * 64}", ("CVE-2025-62506", *UNMENDED)),
        ("quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z", ()),
        ("registry.example.org/notminio:1", ()),
        ("registry.example.org/minio/other:1", ()),
    ],
)
def test_holes_of_images(image, names):
    assert tuple(advisory.name for advisory in advisories_of_image(image)) == names


def test_a_hole_says_what_it_is_and_where_it_is_mended():
    first, second, _ = advisories_of_image(MINIO)
    version = MINIO.rpartition(":")[2]
    assert first.words(version) == (
        "CVE-2025-62506 (8.1): a restricted service account gives itself all rights of its owner; mended in "
        "RELEASE.2025-10-15T17-29-55Z; https://github.com/minio/minio/security/advisories/GHSA-jjjj-jwhf-8rgr"
    )
    assert "mended in no version" in second.words(version)


@pytest.mark.parametrize("advisory", advisories(), ids=lambda advisory: advisory.name)
def test_every_hole_is_of_something_and_has_a_source(advisory):
    assert bool(advisory.charts) != bool(advisory.image)
    assert set(advisory.charts) <= set(versions_data()["charts"])
    assert urlsplit(advisory.source).scheme == "https"


@pytest.mark.parametrize("row", rows())
def test_no_row_has_a_known_hole(row):
    holes = {part.name: part.advisories for part in components_of_row(version_row(row)) if part.advisories}
    assert holes == {}


def test_a_row_is_listed_whole():
    row = version_row()
    names = [part.name for part in components_of_row(row)]
    assert set(names) == {*row.charts, *(f"{name} (image)" for name in row.images), "kourier-gateway (image)"}
    assert len(names) == len(set(names))
    assert all(part.support and part.pinned for part in components_of_row(row))


def dev():
    return check_stack_file(ROOT, "dev")


def test_a_stack_lists_what_it_runs_and_names_itself():
    parts = {part.name: part for part in components_of_stack(dev(), version_row())}
    assert {"istiod", "mlserver (image)", "postgresql (image)", "minio (image)"} <= set(parts)
    assert not {"istio-ztunnel", "keda", "cluster-autoscaler", "kourier-gateway (image)"} & set(parts)
    assert parts["minio (image)"].support.phase(date(2026, 11, 21)) == "ended"


def test_kubernetes_on_eks_is_listed():
    settings = parse_settings(GOOD, file="x")
    part = next(part for part in components_of_stack(settings, version_row()) if part.name == "kubernetes-eks")
    assert (part.pinned, str(part.support)) == ("1.36", "2027-08-02")
    longer = parse_settings({**GOOD, "cluster": {**GOOD["cluster"], "extendedSupport": True}}, file="x")
    part = next(part for part in components_of_stack(longer, version_row()) if part.name == "kubernetes-eks")
    assert str(part.support) == "2028-08-02"


def notices(day, row=None):
    return version_notices(dev(), version_row(row), today=day)


def test_a_preview_says_two_months_before_and_after_the_end():
    istio = "istio-base, istio-cni, istiod, istio-gateway 1.30.8 on 2026-12-01 (expected)"
    minio = "minio (image) RELEASE.2025-09-07T16-13-09Z on 2026-04-25"
    first, *_ = notices(date(2026, 10, 1), "2026-11")
    assert (minio in first, istio in first) == (True, False)
    ended, ending, _ = notices(date(2026, 11, 21), "2026-11")
    assert ended.startswith(f"upstream's support has ended: {minio}; see mlplatform versions")
    assert ending.startswith("upstream's support ends soon: ")
    assert istio in ending
    ended, ending, _ = notices(date(2026, 12, 1), "2026-11")
    assert istio in ended
    assert "istio" not in ending
    assert not any(istio in notice for notice in notices(date(2026, 12, 1)))


def test_what_upstream_does_not_test_is_a_warning_and_no_silence():
    *_, beyond = notices(date(2026, 8, 1))
    assert beyond == (
        "Kubernetes 1.36 is beyond what upstream itself tests: knative-operator 1.23.0 up to 1.35; "
        "seldon-core-operator 1.17.1 up to 1.27; kserve-crd, kserve-resources, kserve-runtime-configs v0.20.0 up "
        "to 1.34"
    )


@pytest.mark.parametrize(("kubernetes", "words"), [("1.27", None), ("1.28", "seldon-core-operator 1.17.1 up to 1.27")])
def test_the_last_version_that_upstream_tests_is_tested(kubernetes, words):
    assert beyond_tests([chart("seldon-core-operator", "1.17.1")], kubernetes) == words


def test_an_image_of_which_nothing_is_known():
    assert support_of_image("registry.example.org/own:1") is None
    assert support_of_image("docker.io/envoyproxy/envoy:v1.37.5").ends == date(2027, 1, 13)
    assert support_of_image("docker.io/envoyproxy/envoy:v1.3.5") is None
