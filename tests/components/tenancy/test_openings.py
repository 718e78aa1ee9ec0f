"""Which flows the network policies of a namespace allow: those that are enumerated here, and no other."""

import dataclasses

import pytest

from components.kubernetes.metadata import MLFLOW_CLIENT
from components.kubernetes.network_policies import PodPeer
from components.kubernetes.object_stores import AWS_S3, ObjectStore, StoreKeys
from components.mlflow import names
from components.serving.engines import ENGINES
from components.tenancy import PlatformEndpoints, Tenant
from components.tenancy.network_policies import Traffic, network_policies
from components.tenancy.team_namespace import data_urls
from components.training import MlflowAccess
from components.training.manifests import training_manifest
from mlplatform.config.tenancy import LogSinkSection
from mlplatform.config.training import Training
from tests.network import End, Judge

NS = "team-a"
PLATFORM = PlatformEndpoints(
    mesh="sidecar",
    gateway=PodPeer(namespace="istio-ingress", labels={"istio": "ingressgateway"}),
    knative_namespace="knative-serving",
    prometheus=PodPeer(namespace="monitoring", labels={"app.kubernetes.io/name": "prometheus"}),
    tracking_uri="http://mlflow.mlflow.svc:5000",
    mlflow=PodPeer(namespace="mlflow", labels=names.selector(names.SERVER)),
)
KEYS = StoreKeys(access_key_id="reader", secret_access_key="hunter2")
MINIO = ObjectStore(endpoint="http://minio.mlflow.svc:9000", keys=KEYS)
TRAINING = Training.model_validate(
    {
        "name": "wine",
        "namespace": NS,
        "image": "registry.example.org/wine:1.0.0",
        "registeredModel": "wine",
        "dataSources": ["https://data.example.org", "http://minio.data.svc:9000"],
    }
)
TRAFFIC = Traffic(
    engines=(ENGINES["kserve"], ENGINES["seldon"]),
    store=MINIO,
    training={"wine": data_urls(TRAINING, PLATFORM)},
    log_sink=LogSinkSection(namespace="logs", port=8080),
)


def training_labels():
    template = training_manifest(TRAINING, MlflowAccess(tracking_uri="http://mlflow"), "sidecar")["spec"]["template"]
    return template["metadata"]["labels"]


INSIDE = {
    "kserve": End(namespace=NS, labels={"serving.kserve.io/inferenceservice": "iris", "component": "predictor"}),
    "seldon": End(namespace=NS, labels={"seldon-deployment-id": "sales", "app": "sales-default-0-sales"}),
    "training": End(namespace=NS, labels=training_labels()),
    "stranger": End(namespace=NS),
}
OUTSIDE = {
    "other-team": End(namespace="team-b", labels={"serving.kserve.io/inferenceservice": "rose"}),
    "impostor": End(namespace="team-b", labels={"app": "activator", "istio": "ingressgateway", "k8s-app": "kube-dns"}),
    "dns": End(namespace="kube-system", labels={"k8s-app": "kube-dns"}),
    "kube-system": End(namespace="kube-system", labels={"k8s-app": "metrics-server"}),
    "istiod": End(namespace="istio-system", labels={"app": "istiod"}),
    "gateway": End(namespace="istio-ingress", labels={"istio": "ingressgateway"}),
    "activator": End(namespace="knative-serving", labels={"app": "activator"}),
    "autoscaler": End(namespace="knative-serving", labels={"app": "autoscaler"}),
    "knative-controller": End(namespace="knative-serving", labels={"app": "controller"}),
    "kserve-controller": End(namespace="kserve", labels={"control-plane": "kserve-controller-manager"}),
    "seldon-operator": End(namespace="seldon-system", labels={"app": "seldon"}),
    "prometheus": End(namespace="monitoring", labels={"app.kubernetes.io/name": "prometheus"}),
    "grafana": End(namespace="monitoring", labels={"app.kubernetes.io/name": "grafana"}),
    "mlflow": End(namespace="mlflow", labels=names.pod_labels(names.SERVER)),
    "minio": End(namespace="mlflow", labels=names.pod_labels(names.MINIO)),
    "data": End(namespace="data", labels={"app": "minio"}),
    "logs": End(namespace="logs"),
    "internet": End(address="52.218.0.10"),
    "internet-v6": End(address="2600:1f18::1"),
    "api-server": End(address="172.20.0.1"),
    "instance-metadata": End(address="169.254.169.254"),
    "pod-identity": End(address="169.254.170.23"),
    "probe": End(address="169.254.7.127"),
}
EVERYWHERE = {**INSIDE, **OUTSIDE}
# Every port that is opened anywhere, and others that must not be.
PORTS = (
    22, 53, 80, 443, 2379, 3128, 5000, 5001, 5432, 6000, 6443, 8000, 8008, 8012, 8013, 8022, 8080, 8112, 8443, 9000,
    9001, 9081, 9090, 9091, 9443, 10250, 15006, 15008, 15010, 15012, 15014, 15017, 15020, 15021, 15090,
)  # fmt: skip
ALL_TCP = "all TCP"
EVERY = ("kserve", "seldon", "training", "stranger")
INTERNET = ("internet", "internet-v6", "api-server")

ALWAYS = {(pod, "dns", port) for pod in EVERY for port in ("53/UDP", 53)}
SIDECAR = {(pod, "istiod", 15012) for pod in EVERY}
FROM_GATEWAY = {
    *(("gateway", "kserve", port) for port in (8012, 8013, 8112)),
    *(("gateway", "seldon", port) for port in (8000, 5001)),
}
FROM_KNATIVE = {
    *(("activator", "kserve", port) for port in (8012, 8013, 8112)),
    ("autoscaler", "kserve", 9090),
}
FROM_PROMETHEUS = {("prometheus", pod, 15020) for pod in EVERY}
TO_MINIO = {(pod, target, 9000) for pod in ("kserve", "seldon") for target in ("minio", "mlflow")}
TO_LOGS = {(pod, "logs", 8080) for pod in ("kserve", "seldon")}
TO_MLFLOW = {("training", "mlflow", 5000)}
TO_DATA = {("training", "data", 9000), *(("training", place, 443) for place in INTERNET)}


def flows(policies, *, lenient=False):
    """Return every flow into and out of the namespace that its policies allow, of all places and all ports."""
    judge, found = Judge(policies, lenient), set()
    for name, source in EVERYWHERE.items():
        for other, target in EVERYWHERE.items():
            if NS not in (source.namespace, target.namespace):
                continue
            tcp = {port for port in PORTS if judge.allows(source, target, port)}
            found |= {(name, other, ALL_TCP)} if tcp == set(PORTS) else {(name, other, port) for port in tcp}
            found |= {(name, other, f"{port}/UDP") for port in PORTS if judge.allows(source, target, port, "UDP")}
    return found


def opened(platform=PLATFORM, **changes):
    return flows(network_policies(NS, platform, dataclasses.replace(TRAFFIC, **changes)))


def test_flows_of_a_namespace_with_everything():
    assert opened() == {
        *ALWAYS, *SIDECAR, *FROM_GATEWAY, *FROM_KNATIVE, *FROM_PROMETHEUS, *TO_MINIO, *TO_LOGS, *TO_MLFLOW, *TO_DATA,
    }  # fmt: skip


def test_a_network_plugin_that_takes_pods_for_addresses_opens_no_more_than_the_ports_to_anywhere():
    more = flows(network_policies(NS, PLATFORM, TRAFFIC), lenient=True) - opened()
    assert {(source, port) for source, _, port in more} == {("training", 443)}


def test_an_empty_namespace_does_nothing_but_ask_for_names():
    assert opened(PlatformEndpoints(), engines=(), training={}) == ALWAYS


def test_only_the_engines_in_use_are_opened():
    found = opened(engines=(ENGINES["kserve"],), training={})
    lookups_and_sidecar = {53, "53/UDP", 15012, 15020}
    assert not any("seldon" in (source, target) and port not in lookups_and_sidecar for source, target, port in found)
    assert not any("training" in flow and flow[2] not in {53, "53/UDP", 15012, 15020} for flow in found)


def test_standard_mode_has_no_queue_proxy():
    found = opened(dataclasses.replace(PLATFORM, kserve_mode="Standard"))
    assert {flow for flow in found if flow[1] == "kserve"} == {
        ("gateway", "kserve", 8080),
        ("gateway", "kserve", 9081),
        ("prometheus", "kserve", 15020),
    }


def test_without_mesh_prometheus_reads_the_containers():
    found = opened(dataclasses.replace(PLATFORM, mesh=None))
    assert {flow for flow in found if flow[0] == "prometheus"} == {
        ("prometheus", "kserve", 9091),
        ("prometheus", "seldon", 8000),
        ("prometheus", "seldon", 6000),
    }
    assert not SIDECAR & found


def test_ambient_mesh_tunnels_between_pods_and_lets_probes_in():
    found = opened(dataclasses.replace(PLATFORM, mesh="ambient"))
    assert not SIDECAR & found
    assert {("gateway", "kserve", 15008), ("activator", "kserve", 15008), ("prometheus", "seldon", 15008)} <= found
    assert {("kserve", "minio", 15008), ("training", "data", 15008), ("kserve", "logs", 15008)} <= found
    # MLflow is outside of the mesh.
    assert {flow for flow in found if flow[0] == "training" and flow[1] == "mlflow"} == {("training", "mlflow", 5000)}
    assert {("probe", pod, ALL_TCP) for pod in EVERY} <= found
    # Nothing that is no pod of the mesh speaks the tunnel's protocol.
    assert not any(
        port == 15008 and place in {*INTERNET, "dns"} for flow in found for place in flow[:2] for port in flow[2:]
    )


def test_kourier_is_the_gateway():
    kourier = PodPeer(namespace="knative-serving", labels={"app": "3scale-kourier-gateway"})
    policies = network_policies(NS, dataclasses.replace(PLATFORM, mesh=None, gateway=kourier), TRAFFIC)
    gateway = End(namespace="knative-serving", labels={"app": "3scale-kourier-gateway"})
    assert Judge(policies).allows(gateway, INSIDE["kserve"], 8012)
    assert not Judge(policies).allows(OUTSIDE["gateway"], INSIDE["kserve"], 8012)


def test_a_gateway_and_a_knative_of_somebody_else_may_be_anywhere():
    found = opened(PlatformEndpoints(), training={})
    assert ("impostor", "kserve", 8012) in found
    # The impostor's label is the activator's; the autoscaler's port stays shut for it.
    assert not any(port == 9090 for source, target, port in found if source != "autoscaler")


AWS = ObjectStore(region="eu-central-1")


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (
            dataclasses.replace(AWS, role_arn="arn:aws:iam::123456789012:role/models"),
            {(place, 443) for place in INTERNET},
        ),
        (dataclasses.replace(AWS, keys=KEYS), {(place, 443) for place in INTERNET}),
        (AWS, {*((place, 443) for place in INTERNET), ("pod-identity", 80)}),
        (
            dataclasses.replace(AWS, endpoint="https://minio.example.org", keys=KEYS),
            {(place, 443) for place in INTERNET},
        ),
        (
            dataclasses.replace(AWS, endpoint="http://minio.example.org:9000", keys=KEYS),
            {(place, 9000) for place in INTERNET},
        ),
        (dataclasses.replace(AWS, endpoint="http://minio.data.svc:9000", keys=KEYS), {("data", 9000)}),
        (
            dataclasses.replace(AWS, endpoint="http://minio.data.svc.cluster.local:9000", keys=KEYS),
            {("data", 9000)},
        ),
    ],
    ids=["role", "keys", "pod-identity", "https", "port", "service", "long-service"],
)
def test_way_to_the_store(store, expected):
    platform = dataclasses.replace(PLATFORM, mesh=None)
    found = opened(platform, engines=(ENGINES["seldon"],), store=store, training={}, log_sink=None)
    assert {flow[1:] for flow in found if flow[0] == "seldon"} - {("dns", 53), ("dns", "53/UDP")} == expected


def test_a_store_that_only_a_secret_knows():
    store = ObjectStore(secret="keys", secret_holds_endpoint=True)
    found = opened(
        dataclasses.replace(PLATFORM, mesh=None), engines=(ENGINES["seldon"],), store=store, training={}, log_sink=None
    )
    ports = {port for source, target, port in found if source == "seldon" and target != "dns"}
    assert ports == {443, 9000}
    assert not any(target in {"instance-metadata", "pod-identity"} for _, target, _ in found)


def test_tracking_server_outside_the_stack():
    platform = dataclasses.replace(
        PLATFORM,
        mesh=None,
        mlflow=None,
        tracking_uri="https://mlflow.example.org",
        registry_uri="http://models.example.org:8080",
    )
    found = opened(platform, training={"wine": ()})
    assert {flow[1:] for flow in found if flow[0] == "training"} - {("dns", 53), ("dns", "53/UDP")} == {
        *((place, 443) for place in INTERNET),
        *((place, 8080) for place in INTERNET),
    }


def test_editors_of_a_team_start_jobs_that_log_to_mlflow():
    job = End(namespace=NS, labels=MLFLOW_CLIENT)
    for team in (True, False):
        judge = Judge(network_policies(NS, PLATFORM, Traffic(team=team)))
        assert judge.allows(job, OUTSIDE["mlflow"], 5000) is team
        assert not judge.allows(INSIDE["stranger"], OUTSIDE["mlflow"], 5000)
    unknown = dataclasses.replace(PLATFORM, tracking_uri=None, mlflow=None)
    assert not Judge(network_policies(NS, unknown, Traffic(team=True))).allows(job, OUTSIDE["mlflow"], 5000)


def test_a_job_reaches_its_own_data_only():
    policies = network_policies(
        NS, PLATFORM, dataclasses.replace(TRAFFIC, training={"wine": ("https://a.org",), "rose": ()})
    )
    rose = End(namespace=NS, labels={**training_labels(), "app.kubernetes.io/name": "rose"})
    assert Judge(policies).allows(INSIDE["training"], OUTSIDE["internet"], 443)
    assert not Judge(policies).allows(rose, OUTSIDE["internet"], 443)
    assert Judge(policies).allows(rose, OUTSIDE["mlflow"], 5000)


def test_a_role_is_for_s3_and_direct_artifacts_need_the_store():
    plain = TRAINING.model_copy(update={"data_sources": ()})
    with_role = plain.model_copy(update={"role_arn": "arn:aws:iam::123456789012:role/a"})
    direct = dataclasses.replace(PLATFORM, artifact_store=MINIO)
    assert data_urls(plain, PLATFORM) == ()
    assert data_urls(with_role, PLATFORM) == (AWS_S3,)
    assert data_urls(with_role, direct) == ("http://minio.mlflow.svc:9000", AWS_S3)


def test_every_policy_says_why_and_has_its_own_name():
    policies = network_policies(NS, PLATFORM, TRAFFIC)
    assert policies[0]["metadata"]["name"] == "default-deny"
    assert policies[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    named = [policy["metadata"]["name"] for policy in policies]
    assert len(set(named)) == len(named)
    assert all(policy["metadata"]["annotations"]["kubernetes.io/description"] for policy in policies)


def test_accounts_of_training():
    tenant = Tenant(training=(TRAINING, TRAINING.model_copy(update={"name": "rose", "service_account": "rose"})))
    assert tenant.training_accounts() == {"training": None, "rose": None}
