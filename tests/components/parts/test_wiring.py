"""How the components wire their resources: order, namespaces, providers; seen in the state of every variant."""

import pytest

from tests.components.parts.project import VARIANTS

LEVEL = "pod-security.kubernetes.io/enforce"
# Who installs the CRDs of a group: name of the Helm release.
INSTALLERS = {
    "cert-manager.io": "cert-manager",
    "networking.istio.io": "istio-base",
    "operator.knative.dev": "knative-operator",
    "serving.kserve.io": "kserve-crd",
    "monitoring.coreos.com": "kube-prometheus-stack",
}
# Whose webhook judges a group's objects.
WEBHOOKS = {
    "cert-manager.io": "cert-manager",
    "networking.istio.io": "istio-istiod",
    "operator.knative.dev": "knative-operator",
    "serving.kserve.io": "kserve-resources",
}


def one(state, kind, name):
    (found,) = [
        resource for resource in state.resources if resource.type.rpartition(":")[2] == kind and resource.name == name
    ]
    return found


def names(state, kind):
    return {resource.name for resource in state.resources if resource.type.rpartition(":")[2] == kind}


def before(state, resource):
    """Return everything that a resource waits for, directly or not, as (kind, name)."""
    found, open_ones = set(), [resource]
    while open_ones:
        for urn in open_ones.pop().dependencies:
            needed = state.by_urn[urn]
            if needed.urn not in found:
                found.add(needed.urn)
                open_ones.append(needed)
    return {(state.by_urn[urn].type.rpartition(":")[2], state.by_urn[urn].name) for urn in found}


def objects(state):
    return [
        resource
        for resource in state.resources
        if resource.type.startswith("kubernetes:") and "helm.sh" not in resource.type
    ]


@pytest.mark.parametrize("variant", VARIANTS)
def test_custom_resources_come_after_their_crds_and_webhooks(state_of, variant):
    state = state_of(variant)
    releases = names(state, "Release")
    for resource in objects(state):
        group = resource.type.split(":")[1].partition("/")[0]
        for release in {INSTALLERS.get(group), WEBHOOKS.get(group)} & releases:
            assert ("Release", release) in before(state, resource), (resource.name, release)


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_comes_after_its_namespace(state_of, variant):
    state = state_of(variant)
    own = {
        resource.inputs["metadata"]["name"]: resource.name
        for resource in state.resources
        if resource.type == "kubernetes:core/v1:Namespace"
    }
    for resource in state.resources:
        if resource.type == "kubernetes:helm.sh/v3:Release":
            where = resource.inputs["namespace"]
        elif resource.type.startswith("kubernetes:"):
            where = resource.inputs["metadata"].get("namespace")
        else:
            continue
        if where is not None and where != "kube-system":
            assert ("Namespace", own[where]) in before(state, resource), resource.name


@pytest.mark.parametrize("variant", VARIANTS)
def test_namespaces_enforce_pod_security_restricted(state_of, variant):
    for resource in state_of(variant).resources:
        if resource.type == "kubernetes:core/v1:Namespace":
            assert resource.inputs["metadata"]["labels"][LEVEL] == "restricted"


def test_order_of_the_engines(state_of):
    state = state_of("istio-knative")
    serving = before(state, one(state, "KnativeServing", "knative"))
    assert {("Release", "istio-istiod"), ("Gateway", "istio-gateway"), ("Release", "cert-manager")} <= serving
    kserve = before(state, one(state, "Release", "kserve-resources"))
    assert {("KnativeServing", "knative"), ("Release", "istio-istiod"), ("Release", "cert-manager")} <= kserve
    assert ("Release", "kserve-resources") in before(state, one(state, "Release", "kserve-runtimes"))
    assert {("Release", "cert-manager"), ("Gateway", "istio-gateway")} <= before(
        state, one(state, "Release", "seldon-core-operator")
    )
    assert ("Release", "cert-manager") in before(state, one(state, "Release", "cloudnative-pg-barman"))


def test_order_of_the_mesh(state_of):
    state = state_of("ambient")
    assert ("Release", "istio-base") in before(state, one(state, "Release", "istio-cni"))
    assert ("Release", "istio-cni") in before(state, one(state, "Release", "istio-istiod"))
    assert ("Release", "istio-istiod") in before(state, one(state, "Release", "istio-ztunnel"))
    assert ("Release", "istio-ztunnel") in before(state, one(state, "Release", "istio-ingressgateway"))


@pytest.mark.parametrize(("variant", "fewest"), [("istio-knative", 1), ("production", 2)])
def test_a_gateway_in_production_survives_the_loss_of_a_node(state_of, variant, fewest):
    values = one(state_of(variant), "Release", "istio-ingressgateway").inputs["values"]
    assert values["autoscaling"]["minReplicas"] == fewest
    assert ("podDisruptionBudget" in values) is (fewest > 1)


def test_every_chart_of_istio_knows_the_kind_of_cluster(state_of):
    for release in ("istio-base", "istio-cni", "istio-istiod", "istio-ingressgateway"):
        for variant, platform in (("k3s", "k3s"), ("istio-knative", None)):
            values = one(state_of(variant), "Release", release).inputs.get("values", {})
            assert values.get("global", {}).get("platform") == platform


def test_without_knative_nothing_of_it_is_installed(state_of):
    state = state_of("istio-standard")
    assert not names(state, "KnativeServing")
    assert "knative-operator" not in names(state, "Release")
    gateway = one(state, "Release", "kserve-resources").inputs["values"]["kserve"]["controller"]["gateway"]
    assert gateway["disableIngressCreation"] is True


def test_an_existing_prometheus_is_left_alone(state_of):
    state = state_of("istio-knative")
    assert not {"kube-prometheus-stack", "monitoring-adapter", "monitoring-keda"} & names(state, "Release")
    assert names(state, "PrometheusRule") == {"monitoring-prometheusrule-mlplatform"}
    assert names(state, "PodMonitor") == {"monitoring-podmonitor-istio-sidecars"}
    assert names(state_of("kourier-knative"), "PodMonitor") == {
        "monitoring-podmonitor-knative-models",
        "monitoring-podmonitor-seldon-models",
    }


def test_pods_of_the_mesh_are_watched_by_knative_through_the_mesh(state_of):
    labels = one(state_of("istio-knative"), "Namespace", "knative-namespace").inputs["metadata"]["labels"]
    assert labels["istio-injection"] == "enabled"
    labels = one(state_of("ambient"), "Namespace", "knative-namespace").inputs["metadata"]["labels"]
    assert labels["istio.io/dataplane-mode"] == "ambient"
    labels = one(state_of("kourier-knative"), "Namespace", "knative-namespace").inputs["metadata"]["labels"]
    assert not {"istio-injection", "istio.io/dataplane-mode"} & set(labels)


def test_grafanas_password_is_generated(state_of):
    state = state_of("production")
    assert names(state, "RandomPassword") == {"grafana-admin"}
    values = one(state, "Release", "kube-prometheus-stack").inputs["values"]
    assert values["grafana"]["admin"] == {"existingSecret": "grafana-admin"}


def test_charts_come_from_the_mirror(state_of):
    state = state_of("mirror")
    assert one(state, "Release", "istio-base").inputs["chart"] == "charts/base-1.31.4.tgz"
    assert "repositoryOpts" not in one(state, "Release", "istio-base").inputs
    state = state_of("kourier-mirror")
    assert one(state, "Release", "cert-manager").inputs["chart"] == "oci://charts.example.org/cert-manager"


def test_own_runtimes_come_from_the_mirror(state_of):
    (container,) = one(state_of("mirror"), "ClusterServingRuntime", "kserve-mlserver-own").inputs["spec"]["containers"]
    assert container["image"] == "registry.example.org/mirror/registry.example.org/mlserver:1.7.1-mlflow3"


def test_another_version_of_seldon(state_of):
    assert one(state_of("seldon-bsl"), "Release", "seldon-core-operator").inputs["version"] == "1.18.2"
