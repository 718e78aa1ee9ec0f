"""The same endpoint is the same peer of a network policy, whoever calls it: a Service by its namespace, else addresses.

Whether an ``ipBlock`` covers pods is the network plug-in's business, so a Service opened by address may be cut off.
"""

import pytest

from components.kubernetes.network_policies import ANYWHERE, PRIVATE_NETWORKS, host_peers, networks
from components.kubernetes.object_stores import ObjectStore
from components.mlflow.connection import DatabaseConnection
from components.mlflow.network_policies import MlflowPeers
from components.mlflow.network_policies import network_policies as mlflow_policies
from components.mlflow.plan import ServerPlan
from components.mlflow.stores import s3_stores
from components.serving.engines import ENGINES
from components.tenancy import PlatformEndpoints
from components.tenancy.network_policies import Traffic, network_policies
from components.tenancy.team_namespace import data_urls
from mlplatform.config import ObjectStoreSection
from mlplatform.config.mlflow import MlflowSection
from mlplatform.config.training import Training


def in_namespace(name):
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


# Host -> its peers, for pods of any namespace.
HOSTS = {
    "minio.storage.svc": [in_namespace("storage")],
    "minio.storage.svc.cluster.local": [in_namespace("storage")],
    "MinIO.storage.svc.example.internal": [in_namespace("storage")],
    # A Service with its namespace, or a domain: nobody can tell.
    "minio.storage": [*ANYWHERE, in_namespace("storage")],
    "s3.example.org": ANYWHERE,
    "10.40.0.7": ANYWHERE,
}


def mlflow_plan(host):
    settings = MlflowSection.model_validate(
        {
            "artifacts": {"s3": {"region": "eu", "endpoint": f"http://{host}:9000", "existingSecret": "s"}},
            "database": {"backup": {"existingSecret": "b"}},
        }
    )
    stores = s3_stores(settings)
    plan = ServerPlan(
        settings=settings,
        production=False,
        image="mlflow",
        database=DatabaseConnection(
            host="db", port=5432, database="d", ssl_mode="require", secret="s", pod_labels={"cnpg.io/cluster": "d"}
        ),
        store=stores.artifacts,
        auth_config=None,
        scripts="scripts",
        public_url=None,
        metrics=False,
        encryption_version=1,
        rotation={},
    )
    return plan, stores.backups


def of_mlflow(host, name, **changes):
    plan, backups = mlflow_plan(host)
    return named(mlflow_policies(ServerPlan(**{**vars(plan), **changes}), MlflowPeers(), backups), name)


def of_a_team(name, *, platform=None, **traffic):
    return named(network_policies("storage-client", platform or PlatformEndpoints(), Traffic(**traffic)), name)


def named(policies, name):
    (policy,) = [policy for policy in policies if policy["metadata"]["name"] == name]
    return policy["spec"]["egress"]


def model_store(host):
    section = ObjectStoreSection.model_validate({"endpoint": f"http://{host}:9000"})
    return of_a_team("allow-store-kserve", engines=(ENGINES["kserve"],), store=ObjectStore.from_settings(section))


def training(host, **changes):
    values = {"name": "wine", "namespace": "team-a", "image": "registry.example.org/wine:1.0.0"}
    job = Training.model_validate({**values, "registeredModel": "wine", **changes})
    platform = PlatformEndpoints(
        artifact_store=None if changes else ObjectStore(endpoint=f"http://{host}:9000"),
    )
    return of_a_team("allow-data-wine", training={"wine": data_urls(job, platform)})


def tracking_uri(host):
    return of_a_team("allow-mlflow", platform=PlatformEndpoints(tracking_uri=f"http://{host}:9000"), team=True)


def database_elsewhere(host):
    database = DatabaseConnection(host=host, port=9000, database="d", ssl_mode="require", secret="s")
    return of_mlflow(host, "prepare-out", database=database)


CALLERS = {
    "model store": model_store,
    "MLflow's artifacts": lambda host: of_mlflow(host, "server-out")[1:],
    "backups": lambda host: of_mlflow(host, "database-to-backups"),
    "artifacts of training": training,
    "data of training": lambda host: training(host, dataSources=[f"http://{host}:9000"]),
    "tracking URI": tracking_uri,
    "database": database_elsewhere,
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("host", HOSTS)
def test_the_same_endpoint_is_the_same_peer(caller, host):
    assert CALLERS[caller](host) == [{"to": HOSTS[host], "ports": [{"protocol": "TCP", "port": 9000}]}]


def test_a_bare_name_is_a_service_of_the_pods_own_namespace():
    assert host_peers("minio", "mlflow") == ([in_namespace("mlflow")], True)
    assert of_mlflow("minio", "server-out")[1]["to"] == [in_namespace("mlflow")]
    assert host_peers("::1", "mlflow") == (ANYWHERE, False)


def test_networks():
    assert networks(PRIVATE_NETWORKS)[0] == {"ipBlock": {"cidr": "10.0.0.0/8"}}
