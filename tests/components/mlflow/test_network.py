"""Every flow that MLflow's namespace opens, enumerated; everything else is refused."""

import itertools

import pytest

from components.kubernetes.metadata import MLFLOW_CLIENT
from components.kubernetes.network_policies import PodPeer
from components.kubernetes.object_stores import ObjectStore
from components.mlflow import names
from components.mlflow.connection import DatabaseConnection
from components.mlflow.network_policies import MlflowPeers, network_policies
from components.mlflow.service import service
from tests.network import End, Judge

GATEWAY = {"istio": "ingressgateway"}
OPERATOR = {"app.kubernetes.io/name": "cloudnative-pg"}
KSERVE = {"serving.kserve.io/inferenceservice": "iris"}
SELDON = {"seldon-deployment-id": "iris"}
PEERS = MlflowPeers(
    clients=("team-a",),
    store_readers=("models",),
    gateway=PodPeer(namespace="istio-ingress", labels=GATEWAY),
    prometheus="monitoring",
)
INSIDE = {
    "server": End(namespace="mlflow", labels=names.pod_labels(names.SERVER)),
    "prepare": End(namespace="mlflow", labels=names.pod_labels(names.PREPARE)),
    "gc": End(namespace="mlflow", labels=names.pod_labels(names.COLLECT)),
    "minio": End(namespace="mlflow", labels=names.pod_labels(names.MINIO)),
    "minio-setup": End(namespace="mlflow", labels=names.pod_labels(names.MINIO_SETUP)),
    "database": End(namespace="mlflow", labels={"cnpg.io/cluster": "mlflow-db", "cnpg.io/podRole": "instance"}),
    "stranger": End(namespace="mlflow", labels={"app": "stranger"}),
}
OUTSIDE = {
    "client": End(namespace="team-a", labels=MLFLOW_CLIENT),
    "unlabelled": End(namespace="team-a", labels={"app": "notebook"}),
    "foreign client": End(namespace="other", labels=MLFLOW_CLIENT),
    "kserve model": End(namespace="models", labels=KSERVE),
    "seldon model": End(namespace="models", labels=SELDON),
    "foreign model": End(namespace="other", labels=KSERVE),
    # A namespace of training jobs is none of model servers, and the other way round.
    "model of a client": End(namespace="team-a", labels=KSERVE),
    "client beside models": End(namespace="models", labels=MLFLOW_CLIENT),
    "gateway": End(namespace="istio-ingress", labels=GATEWAY),
    "prometheus": End(namespace="monitoring", labels={"app": "prometheus"}),
    "operator": End(namespace="cnpg-system", labels=OPERATOR),
    "dns": End(namespace="kube-system", labels={"k8s-app": "kube-dns"}),
    "api server": End(address="10.0.0.10"),
    "internet": End(address="203.0.113.9"),
    "metadata service": End(address="169.254.169.254"),
}
EVERYBODY = {**INSIDE, **OUTSIDE}
PORTS = (22, 53, 80, 443, 5000, 5432, 6443, 8000, 9000, 9001, 9187, 9464)
EVERYWHERE = ("api server", "internet")
# From, to, ports.
FLOWS = {
    ("client", "server"): {5000},
    ("gateway", "server"): {5000},
    ("prometheus", "server"): {9464},
    ("gc", "server"): {5000},
    ("server", "database"): {5432},
    ("prepare", "database"): {5432},
    ("gc", "database"): {5432},
    ("operator", "database"): {5432, 8000},
    ("database", "database"): {5432, 8000},
    ("prometheus", "database"): {9187},
    ("database", "api server"): {443, 6443},
    ("database", "internet"): {443, 6443},
    ("server", "minio"): {9000},
    ("gc", "minio"): {9000},
    ("minio-setup", "minio"): {9000},
    ("database", "minio"): {9000},
    ("kserve model", "minio"): {9000},
    ("seldon model", "minio"): {9000},
}


def open_ports(judge):
    """Return the open ports of every pair with one end in the namespace."""
    found = {}
    for (source, start), (target, end) in itertools.product(EVERYBODY.items(), repeat=2):
        if source in INSIDE or target in INSIDE:
            ports = {port for port in PORTS if judge.allows(start, end, port)}
            if ports:
                found[source, target] = ports
    return found


def expected(flows):
    dns = {(source, "dns"): {53} for source in INSIDE}
    return {**flows, **dns}


def test_flows_of_the_whole_stack(plan):
    chosen = plan(garbageCollection={})
    judge = Judge(network_policies(chosen, PEERS, chosen.store))
    assert open_ports(judge) == expected(FLOWS)
    # An answer too long for UDP comes over TCP; both are open.
    assert judge.allows(INSIDE["minio"], OUTSIDE["dns"], 53, "UDP")


def test_flows_to_stores_outside_of_the_cluster(plan):
    chosen = plan(
        database=DatabaseConnection(host="db.example.org", port=6432, database="d", ssl_mode="require", secret="s"),
        store=ObjectStore(bucket="b", region="r", role_arn="arn:aws:iam::1:role/r"),
        metrics=False,
    )
    judge = Judge(network_policies(chosen, MlflowPeers(clients=("team-a",)), None))
    found = open_ports(judge)
    out = {("server", where): {443} for where in EVERYWHERE}
    assert found == expected({("client", "server"): {5000}, **out})
    assert judge.allows(INSIDE["server"], OUTSIDE["internet"], 6432)
    assert judge.allows(INSIDE["prepare"], OUTSIDE["internet"], 6432)
    assert not judge.allows(INSIDE["prepare"], OUTSIDE["internet"], 443)


def test_pod_identity_without_role_and_keys(plan):
    agent = End(address="169.254.170.23")
    for changes, allowed in (({}, True), ({"role_arn": "arn"}, False), ({"secret": "s"}, False)):
        store = ObjectStore(bucket="b", region="r", **changes)
        judge = Judge(network_policies(plan(store=store), PEERS, None))
        assert judge.allows(INSIDE["server"], agent, 80) is allowed
        assert not judge.allows(INSIDE["server"], OUTSIDE["metadata service"], 80)


def test_load_balancer_is_open_to_its_source_ranges(plan):
    chosen = plan(serviceType="LoadBalancer", loadBalancerSourceRanges=["203.0.113.0/24"])
    judge = Judge(network_policies(chosen, PEERS, None))
    assert judge.allows(OUTSIDE["internet"], INSIDE["server"], 5000)
    assert not judge.allows(End(address="198.51.100.1"), INSIDE["server"], 5000)
    assert not judge.allows(OUTSIDE["internet"], INSIDE["server"], 9464)
    assert not judge.allows(OUTSIDE["internet"], INSIDE["minio"], 9000)
    spec = service(chosen.settings, {})["spec"]
    assert spec["loadBalancerSourceRanges"] == ["203.0.113.0/24"]
    assert spec["externalTrafficPolicy"] == "Local"
    assert not {"loadBalancerSourceRanges", "externalTrafficPolicy"} & set(service(plan().settings, {})["spec"])


def test_load_balancer_is_of_the_kind_that_hands_on_addresses_unless_somebody_says_otherwise(plan):
    kind = {"aws-load-balancer-type": "nlb", "aws-load-balancer-internal": "true"}
    chosen = {"loadBalancerSourceRanges": ["203.0.113.0/24"], "serviceAnnotations": {"aws-load-balancer-internal": ""}}
    balanced = service(plan(serviceType="LoadBalancer", **chosen).settings, kind)
    assert balanced["metadata"]["annotations"] == {"aws-load-balancer-type": "nlb", "aws-load-balancer-internal": ""}
    assert "annotations" not in service(plan().settings, kind)["metadata"]


def test_direct_access_opens_the_store_to_clients(plan):
    minio = {"image": "a/b:1", "clientImage": "a/c:1"}
    for access in ("direct", "proxied"):
        judge = Judge(network_policies(plan(artifacts={"minio": minio, "access": access}), PEERS, None))
        assert judge.allows(OUTSIDE["client"], INSIDE["minio"], 9000) is (access == "direct")
        for other in ("unlabelled", "model of a client", "client beside models"):
            assert not judge.allows(OUTSIDE[other], INSIDE["minio"], 9000)


@pytest.mark.parametrize("port", [443, 9000])
def test_endpoint_of_another_store_is_opened_by_its_port(plan, port):
    endpoint = f"https://s3.example.org:{port}" if port != 443 else "https://s3.example.org"
    store = ObjectStore(bucket="b", region="r", endpoint=endpoint, secret="s")
    judge = Judge(network_policies(plan(store=store), PEERS, None))
    assert judge.allows(INSIDE["server"], OUTSIDE["internet"], port)
    assert not judge.allows(INSIDE["server"], OUTSIDE["internet"], 80)
