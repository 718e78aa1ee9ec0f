"""Golden files of the cluster's own objects in every variant, the objects against the real CRD schemas, properties."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kubernetes import monitors
from components.kubernetes.chart_values import image_and_tag
from components.parts import cert_manager_issuers, istio_gateway, monitoring_alerts
from components.parts.knative_features import knative_features
from components.parts.kserve_values import runtime_values
from components.parts.monitoring_metrics import SIDECAR, request_metrics, requests_per_second
from components.serving.engines import ENGINES, KServe, ModelRouting, Seldon
from components.serving.model_route import model_route
from mlplatform.config.parts.cert_manager import IssuerSection
from mlplatform.config.parts.istio import GATEWAY_NAMESPACE
from tests.components.parts.project import VARIANTS
from tests.crd_schemas import assert_valid

GOLDEN = Path(__file__).parent / "golden"
OWN = ("cert-manager.io", "networking.istio.io", "operator.knative.dev", "serving.kserve.io", "monitoring.coreos.com")


def assert_golden(name, documents):
    """Compare with the golden file; UPDATE_GOLDEN=1 writes it anew, to be read in the diff."""
    text = json.dumps(documents, indent=2, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def own_objects(state):
    return {
        f"{resource.inputs['kind']}/{resource.inputs['metadata']['name']}": {
            key: resource.inputs[key] for key in ("apiVersion", "kind", "metadata", "spec")
        }
        for resource in state.resources
        if resource.type.startswith("kubernetes:") and resource.type.split(":")[1].startswith(OWN)
    }


@pytest.mark.parametrize("variant", ["istio-knative", "istio-standard", "kourier-knative", "http01", "dns01"])
def test_own_objects(state_of, variant):
    assert_golden(variant, own_objects(state_of(variant)))


def test_release_values(state_of):
    values = {
        variant: {
            resource.name: resource.inputs.get("values", {})
            for resource in state_of(variant).resources
            if resource.type == "kubernetes:helm.sh/v3:Release"
        }
        for variant in ("istio-knative", "istio-standard", "kourier-knative", "production")
    }
    assert_golden("values", values)


@pytest.mark.parametrize("variant", VARIANTS)
def test_own_objects_fit_their_crds(state_of, variant):
    for manifest in own_objects(state_of(variant)).values():
        assert_valid(manifest)


def test_model_route_fits_its_crd():
    routing = ModelRouting(domain="models.example.org", gateway=f"{GATEWAY_NAMESPACE}/{istio_gateway.NAME}")
    manifest = model_route("iris", namespace="models", routing=routing)
    assert_golden("model-route", manifest)
    assert_valid(manifest)


def test_the_crd_check_can_fail(state_of):
    manifest = json.loads(json.dumps(own_objects(state_of("istio-knative"))["KnativeServing/knative-serving"]))
    manifest["spec"]["ingress"]["istoi"] = {}
    with pytest.raises(AssertionError, match="istoi"):
        assert_valid(manifest)


# Certificates and gateways


def test_hosts_are_the_domain_and_everything_in_it(settings_of):
    assert istio_gateway.gateway_hosts(settings_of("istio-knative")) == ("models.example.org", "*.models.example.org")


def test_hosts_without_wildcards_name_every_model(settings_of):
    model = {"registeredModel": "iris", "alias": "champion", "namespace": "models"}
    models = [{**model, "name": "iris", "serving": "kserve"}, {**model, "name": "sales", "serving": "seldon"}]
    assert istio_gateway.gateway_hosts(settings_of("http01", models=models)) == (
        "models.example.org",
        "iris-models.models.example.org",
        "iris-predictor-models.models.example.org",
    )


@pytest.mark.parametrize(
    ("variant", "host", "named"),
    [
        ("istio-knative", "mlflow.models.example.org", False),
        ("istio-knative", "mlflow.example.org", True),
        # A wildcard covers one label.
        ("istio-knative", "mlflow.tools.models.example.org", True),
        ("http01", "mlflow.models.example.org", True),
    ],
)
def test_hosts_name_mlflow_where_the_wildcard_does_not_cover_it(settings_of, variant, host, named):
    mlflow = {
        "exposure": {"kind": "gateway", "host": host},
        "artifacts": {"s3": {"region": "eu-central-1", "roleArn": "arn:aws:iam::123456789012:role/mlflow"}},
        "allowedHosts": [host],
        "database": {"kind": "external", "external": {"host": "db.example.org", "existingSecret": "db"}},
    }
    assert (host in istio_gateway.gateway_hosts(settings_of(variant, mlflow=mlflow))) is named


@given(tls=st.booleans(), redirect=st.booleans(), hosts=st.lists(st.just("a.example.org"), min_size=1, max_size=3))
def test_a_gateway_with_tls_serves_nothing_in_plain_text(tls, redirect, hosts):
    servers = istio_gateway.gateway(tuple(hosts), tls=tls, redirect=redirect)["spec"]["servers"]
    plain = [server for server in servers if server["port"]["protocol"] == "HTTP"]
    assert bool(plain) is (redirect or not tls)
    assert all(("tls" in server) is tls for server in plain)
    assert len({server["port"]["number"] for server in servers}) == len(servers)


@pytest.mark.parametrize("kind", ["letsEncryptStaging", "letsEncryptProduction"])
@pytest.mark.parametrize("dns01", [None, {"hostedZoneId": "Z1", "region": "eu-central-1"}])
def test_lets_encrypt(kind, dns01):
    issuer = IssuerSection.model_validate({"kind": kind, "email": "platform@example.org", "dns01": dns01})
    manifest = cert_manager_issuers.acme_issuer(issuer, ingress_class="istio")
    acme = manifest["spec"]["acme"]
    assert ("staging" in acme["server"]) is (kind == "letsEncryptStaging")
    assert manifest["metadata"]["name"] == cert_manager_issuers.issuer_name(issuer)
    assert ("http01" in acme["solvers"][0]) is cert_manager_issuers.solves_http01(issuer)
    assert_valid(manifest)


# Knative's feature flags


def test_flags_of_the_security_context_that_every_model_has(state_of):
    serving = own_objects(state_of("istio-knative"))["KnativeServing/knative-serving"]
    assert serving["spec"]["config"]["features"] == {"kubernetes.podspec-securitycontext": "enabled"}


def test_flags_of_a_model_on_a_gpu():
    service = {
        "spec": {
            "predictor": {
                "nodeSelector": {"gpu": "yes"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                "model": {"env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
            },
            "transformer": {
                "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}}],
                "containers": [{"name": "t", "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}],
            },
        }
    }
    assert set(knative_features(ENGINES["kserve"].knative_pods(service))) == {
        "kubernetes.podspec-nodeselector",
        "kubernetes.podspec-tolerations",
        "kubernetes.podspec-fieldref",
        "kubernetes.podspec-persistent-volume-claim",
        "kubernetes.podspec-persistent-volume-write",
        "kubernetes.containerspec-addcapabilities",
    }


FIELDS = st.sampled_from(["nodeSelector", "tolerations", "affinity", "securityContext", "schedulerName", "model"])


@given(
    st.lists(st.dictionaries(FIELDS, st.sampled_from([{}, {"a": "b"}]))), st.lists(st.dictionaries(FIELDS, st.just({})))
)
def test_flags_are_those_of_each_pod_together(pods, empty):
    flags = knative_features(pods)
    assert flags == {flag: "enabled" for pod in pods for flag in knative_features([pod])}
    assert list(flags) == sorted(flags)
    # A field that says nothing needs no flag.
    assert knative_features([*pods, *empty]) == flags


# Monitoring


def rules(**changes):
    watched = {
        "model_namespaces": ("models", "team-a"),
        "metrics": {metric.source: metric for metric in (SIDECAR, KServe.metric, Seldon.metric)},
        "registry": monitoring_alerts.Registry(namespace="mlflow", deployment="mlflow", backup_schedule="0 1 * * *"),
        "certificates": True,
        **changes,
    }
    rule = monitoring_alerts.prometheus_rule(
        monitoring_alerts.Watched(**watched), namespace="monitoring", selected_by={"release": "x"}
    )
    return {group["name"]: group["rules"] for group in rule["spec"]["groups"]}


def test_alerts():
    groups = rules()
    assert_golden("alerts", groups)
    assert {rule["alert"] for group in groups.values() for rule in group} == {
        "ModelErrorRate",
        "ModelLatency",
        "ModelMemorySaturated",
        "ModelCpuThrottled",
        "RegistryDown",
        "DatabaseBackupTooOld",
        "DatabaseBackupUnknown",
        "CertificateExpires",
        "CertificateNotReady",
    }


def test_alerts_only_of_what_there_is():
    assert rules(model_namespaces=(), registry=None, certificates=False) == {}
    without = rules(registry=monitoring_alerts.Registry(namespace="mlflow", deployment="mlflow", backup_schedule=None))
    assert [rule["alert"] for rule in without["mlplatform-registry"]] == ["RegistryDown"]


@pytest.mark.parametrize(
    ("schedule", "hours"), [("0 1 * * *", 50), ("0 */6 * * *", 14), ("0 1 * * 0", 338), ("0 1 * * 1-5", 146)]
)
def test_a_backup_is_too_old_after_two_that_failed(schedule, hours):
    assert monitoring_alerts.backup_age(schedule) == hours * 3600


def test_expressions_are_balanced():
    for group in rules().values():
        for rule in group:
            for opening, closing in ("()", "{}", "[]"):
                assert rule["expr"].count(opening) == rule["expr"].count(closing), rule["expr"]
            assert rule["expr"].count('"') % 2 == 0


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_monitors_of_engines_fit_their_crd(engine):
    endpoint = engine.metric.endpoint
    assert_valid(monitors.pod_monitor("models", endpoint, namespace="monitoring", selected_by={"release": "x"}))


def test_sidecars_count_for_every_engine():
    assert set(request_metrics(sidecar=True, knative=True, seldon=True)) == {"mesh"}
    assert set(request_metrics(sidecar=False, knative=True, seldon=True)) == {"knative", "seldon"}
    assert request_metrics(sidecar=False, knative=False, seldon=False) == {}


@pytest.mark.parametrize("metric", [SIDECAR, KServe.metric, Seldon.metric], ids=lambda metric: metric.source)
def test_keda_has_the_requests_of_each_pod_under_one_name(metric):
    recording = requests_per_second(metric)
    assert recording["record"] == "mlplatform:requests_per_second"
    assert recording["labels"] == {"source": metric.source}
    assert recording["expr"].startswith(f"sum by (namespace, pod) (rate({metric.count}{{{metric.selector}")
    assert recording["expr"].endswith('namespace!="",pod!=""}[2m]))')


def test_requests_are_recorded_where_keda_is(state_of):
    groups = {
        variant: {
            group["name"]
            for resource in state_of(variant).resources
            if resource.type.endswith(":PrometheusRule")
            for group in resource.inputs["spec"]["groups"]
        }
        for variant in ("production", "istio-knative")
    }
    assert "mlplatform-autoscaling" in groups["production"]
    assert "mlplatform-autoscaling" not in groups["istio-knative"]


def test_the_model_server_of_mlflow_is_the_pinned_one():
    images = {"mlserver": "registry.example.org:5000/mirror/docker.io/seldonio/mlserver:1.7.1"}
    values = runtime_values(images.__getitem__)
    assert values["kserve"]["servingruntime"]["mlserver"] == {
        "image": "registry.example.org:5000/mirror/docker.io/seldonio/mlserver",
        "tag": "1.7.1",
    }


def test_both_engines_serve_mlflow_models_with_the_same_server(state_of):
    for variant, prefix in (("istio-knative", ""), ("mirror", "registry.example.org/mirror/")):
        values = {
            resource.name: resource.inputs["values"]
            for resource in state_of(variant).resources
            if resource.name in {"seldon-core-operator", "kserve-runtimes"}
        }
        kserve = values["kserve-runtimes"]["kserve"]["servingruntime"]["mlserver"]
        seldon = values["seldon-core-operator"]["predictor_servers"]["MLFLOW_SERVER"]["protocols"]["v2"]
        assert (seldon["image"], seldon["defaultImageVersion"]) == (kserve["image"], kserve["tag"])
        assert seldon["image"] == f"{prefix}docker.io/seldonio/mlserver"


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("localhost:5000/a/mlserver:1.7.1", ("localhost:5000/a/mlserver", "1.7.1")),
        ("a.io/b/mlserver:1.7@sha256:ab", ("a.io/b/mlserver", "1.7@sha256:ab")),
    ],
)
def test_image_and_tag(image, parts):
    assert image_and_tag(image) == parts
