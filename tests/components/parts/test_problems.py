"""What cannot work is said before the first resource, one line each."""

import re

import pytest

from components.parts.problems import installed_charts, platform_problems
from mlplatform.config.versions import version_row
from tests.components.parts import charts
from tests.components.parts.project import ON_EKS, VARIANTS

CLUSTER = {"kind": "existing", "context": "mlplatform-dev"}


def problems(settings, folder):
    return [str(problem) for problem in platform_problems(settings, folder, file="Pulumi.case.yaml")]


@pytest.mark.parametrize("variant", sorted(set(VARIANTS) - {"mirror"}))
def test_variants_have_no_problem(settings_of, tmp_path, variant):
    assert not problems(settings_of(variant, cluster={**CLUSTER, "kubernetesVersion": "1.35"}), tmp_path)


def test_charts_that_do_not_support_the_cluster_are_one_problem(settings_of, tmp_path):
    found = problems(settings_of("istio-knative", cluster={**CLUSTER, "kubernetesVersion": "1.31"}), tmp_path)
    assert found == [
        (
            "Pulumi.case.yaml: cluster.kubernetesVersion: 1.31 is not what all charts support: cert-manager v1.21.2 "
            "supports 1.33 to 1.36; istio-base, istio-cni, istiod, istio-gateway 1.31.4 supports 1.32 to 1.36; "
            "knative-operator 1.23.0 supports 1.34 to the newest; kserve-crd, kserve-resources, kserve-runtime-configs "
            "v0.20.0 supports 1.32 to the newest; use another cluster, or another row of versions"
        )
    ]


def test_a_chart_that_is_too_old_for_the_cluster(settings_of, tmp_path):
    newer = settings_of("production", cluster={**CLUSTER, "kubernetesVersion": "1.37"})
    (problem,) = problems(newer, tmp_path)
    assert problem.startswith("Pulumi.case.yaml: cluster.kubernetesVersion: 1.37 is not what all charts support: ")
    assert "keda 2.21.0 supports 1.34 to 1.36" in problem
    # Beyond what upstream only tests a preview warns.
    assert not {"seldon", "knative", "kserve"} & set(re.split(r"\W+", problem))


def test_a_mirror_folder_that_is_none(settings_of, tmp_path):
    assert problems(settings_of("istio-knative", mirror={"charts": "charts"}), tmp_path) == [
        (
            "Pulumi.case.yaml: mirror.charts: 'charts' is no folder; name one with the charts' .tgz files, or an "
            "oci:// or https:// mirror"
        )
    ]


def test_a_mirror_folder_without_a_chart(settings_of, tmp_path):
    settings = settings_of("istio-knative", mirror={"charts": "charts"})
    (tmp_path / "charts").mkdir()
    for chart in installed_charts(settings, version_row()):
        if chart.key not in {"istiod", "kserve-crd"}:
            (tmp_path / "charts" / f"{chart.name}-{chart.version}.tgz").touch()
    assert sorted(problems(settings, tmp_path)) == [
        (
            "Pulumi.case.yaml: mirror.charts: has no istiod-1.31.4.tgz; get it with: helm pull "
            "oci://ghcr.io/istio/release/charts/istiod --version 1.31.4 -d charts"
        ),
        (
            "Pulumi.case.yaml: mirror.charts: has no kserve-crd-v0.20.0.tgz; get it with: helm pull "
            "oci://ghcr.io/kserve/charts/kserve-crd --version v0.20.0 -d charts"
        ),
    ]


def test_more_host_names_than_a_certificate_can_have(settings_of, tmp_path):
    model = {"registeredModel": "iris", "alias": "champion", "serving": "kserve", "namespace": "models"}
    models = [{**model, "name": f"iris-{number}"} for number in range(60)]
    assert problems(settings_of("http01", models=models), tmp_path) == [
        (
            "Pulumi.case.yaml: certManager.issuer.dns01: is required for 121 host names: over HTTP-01 Let's Encrypt "
            "signs no wildcard, and at most 100 names"
        )
    ]
    assert not problems(settings_of("dns01", models=models), tmp_path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_installed_charts_are_those_of_the_releases(state_of, settings_of, variant):
    settings = settings_of(variant)
    named = {chart.name for chart in installed_charts(settings, version_row(settings.versions))}
    # The database is MLflow's, which this project leaves out.
    database = {"cloudnative-pg", "plugin-barman-cloud"}
    # That these belong to a cluster of kind eks: tests/platform.
    of_eks = {"cluster-autoscaler", "nvidia-device-plugin"} if variant in ON_EKS else set()
    assert named | of_eks == {name for _, name, *_ in charts.releases(state_of(variant))} - database
