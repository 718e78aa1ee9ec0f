"""Values that are known only when something is there (role ARNs, a host name): taken by every part, and never as text.

The id of a resource that is not there yet stands for all of them.
"""

import asyncio
import json
import textwrap
from pathlib import Path

import pulumi
import pytest

from components.kubernetes.content_names import content_name
from mlplatform.review.engine.program import run_program
from mlplatform.review.state.property_values import contains_unknown, is_unknown

ROOT = Path(__file__).parents[2]
PROGRAM = """
    import sys
    sys.path.insert(0, {root!r})
    import pulumi
    import pulumi_random
    from components.cluster import ExistingCluster
    from components.parts.cert_manager import CertManager, CertManagerArgs
    from components.parts.cloudnative_pg import CloudNativePg, CloudNativePgArgs
    from components.mlflow import Mlflow, MlflowArgs
    from components.mlflow.connection import ManagedServer
    from components.mlflow.stores import MlflowStores
    from components.kubernetes.object_stores import ObjectStore
    from components.tenancy import PlatformEndpoints, Tenants, TenantsArgs
    from components.kubernetes.third_party import ThirdParty
    from mlplatform.config import load_settings
    from mlplatform.config.versions import version_row
    from tests.served import example_models

    def later(name):
        return pulumi_random.RandomPet(name).id

    settings = load_settings()
    third_party = ThirdParty(row=version_row(), mirror=settings.mirror)
    cluster = ExistingCluster("cluster", settings.cluster)
    opts = pulumi.ResourceOptions(provider=cluster.provider)
    Tenants(
        "tenants",
        TenantsArgs(
            teams=(), models=example_models(settings), training=(), platform=PlatformEndpoints(),
            store=ObjectStore(region="eu-central-1"), service_account="model-reader",
            reader_roles={{"one": later("reader-one"), "two": later("reader-two")}},
        ),
        opts=opts,
    )
    cert_manager = CertManager(
        "cert-manager",
        CertManagerArgs(
            settings=settings.cert_manager, ingress=None, production=False, third_party=third_party,
            role_arn=later("dns01"),
        ),
        opts=opts,
    )
    in_cluster = settings.mlflow.database.kind == "cloudNativePg"
    Mlflow(
        "mlflow",
        MlflowArgs(
            settings=settings.mlflow, environment="production", rotations={{}}, third_party=third_party,
            cert_manager=cert_manager, istio=None, ingress=None, monitoring=None, client_namespaces=(),
            cloudnative_pg=CloudNativePg(
                "cnpg",
                CloudNativePgArgs(production=False, cert_manager=cert_manager, third_party=third_party),
                opts=opts,
            ) if in_cluster else None,
            stores=MlflowStores(
                artifacts=ObjectStore(
                    bucket="artifacts", prefix="mlflow", region="eu-central-1",
                    role_arn=later("mlflow-role"),
                ),
                backups=ObjectStore(
                    bucket="backups", region="eu-central-1", role_arn=later("backup-role")
                ) if in_cluster else None,
            ),
            server=None if in_cluster else ManagedServer(
                host=later("host"), port=5432, database="mlflow", username="mlflow",
                password=pulumi.Output.secret("hunter2"), rotation="1", certificates="-----BEGIN",
                networks=("10.40.0.0/24", "10.40.1.0/24"),
            ),
        ),
        opts=opts,
    )
"""
MODEL = {"registeredModel": "iris", "alias": "champion"}
ROLE = "arn:aws:iam::123456789012:role"


def state_of(folder, *, variant="own", kind="external"):
    database = {
        # What the server's own values replace.
        "external": {"kind": "external", "external": {"host": "db.example.org", "existingSecret": "db-login"}},
        "cloudNativePg": {"backup": {"roleArn": f"{ROLE}/backup"}},
    }[kind]
    config = {
        "cluster": {"kind": "existing", "context": "kind-case", "kubernetesVersion": "1.36"},
        "registry": {"uri": "http://127.0.0.1:5500"},
        "certManager": {},
        "mlflow": {
            "variant": variant,
            "artifacts": {"s3": {"region": "eu-central-1", "roleArn": f"{ROLE}/mlflow"}},
            "garbageCollection": {},
            "database": database,
        },
        "models": [
            {**MODEL, "name": "iris", "serving": "kserve", "namespace": "one"},
            {**MODEL, "name": "wine", "serving": "seldon", "namespace": "two"},
            {**MODEL, "name": "sales", "serving": "kserve", "namespace": "three"},
        ],
    }
    document = {"config": {f"mlplatform:{key}": value for key, value in config.items()}}
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(PROGRAM.format(root=str(ROOT))))
    # JSON is YAML.
    (folder / "Pulumi.case.yaml").write_text(json.dumps(document))
    return run_program(folder, "case").state


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    wanted = {"own": {}, "chart": {"variant": "communityChart"}, "in the cluster": {"kind": "cloudNativePg"}}
    return {name: state_of(tmp_path_factory.mktemp("unknown"), **changes) for name, changes in wanted.items()}


def one(state, kind, name):
    (found,) = [each for each in state.resources if each.type.rpartition(":")[2] == kind and each.name == name]
    return found


def role_of(account):
    return account.inputs["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]


def test_every_account_has_the_role_of_its_own(states):
    state = states["own"]
    for name, pet in (
        ("one-model-reader", "reader-one"),
        ("two-model-reader", "reader-two"),
        ("mlflow-account", "mlflow-role"),
    ):
        account = one(state, "ServiceAccount", name)
        assert is_unknown(role_of(account)), name
        assert one(state, "RandomPet", pet).urn in account.property_dependencies["metadata"]
    assert "annotations" not in one(state, "ServiceAccount", "three-model-reader").inputs["metadata"]
    values = one(state, "Release", "cert-manager").inputs["values"]
    assert is_unknown(values["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"])


def test_the_region_of_a_role_is_known(states):
    annotations = one(states["own"], "ServiceAccount", "one-model-reader").inputs["metadata"]["annotations"]
    assert annotations["serving.kserve.io/s3-region"] == "eu-central-1"


def test_backups_take_their_role(states):
    spec = one(states["in the cluster"], "Cluster", "mlflow-db").inputs["spec"]
    assert is_unknown(spec["serviceAccountTemplate"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"])
    store = one(states["in the cluster"], "ObjectStore", "mlflow-db-backups").inputs["spec"]["configuration"]
    assert store["s3Credentials"] == {"inheritFromIAMRole": True}
    assert store["destinationPath"] == "s3://backups/postgresql"


def variables(container):
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_every_pod_that_calls_the_database_is_told_its_host(states):
    state = states["own"]
    (job,) = [each for each in state.resources if each.type == "kubernetes:batch/v1:Job"]
    collect = one(state, "CronJob", "mlflow-gc").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    server = one(state, "Deployment", "mlflow").inputs["spec"]["template"]["spec"]
    prepare = job.inputs["spec"]["template"]["spec"]
    containers = [
        *server["initContainers"],
        server["containers"][0],
        *prepare["initContainers"],
        *prepare["containers"],
        *collect["containers"],
    ]
    assert len(containers) == 5
    for container in containers:
        assert is_unknown(variables(container)["PGHOST"]), container["name"]
        assert variables(container)["PGSSLMODE"] == "verify-full"
    # The name is known all the same: nothing can be named by what is not there.
    assert job.inputs["metadata"]["name"].startswith("mlflow-prepare-")


def test_the_chart_is_told_the_host_once(states):
    values = one(states["chart"], "Release", "mlflow").inputs["values"]
    assert is_unknown(values["backendStore"]["postgres"]["host"])
    assert "PGHOST" not in values["extraEnvVars"]
    assert values["artifactRoot"]["s3"] == {"enabled": True, "bucket": "artifacts", "path": "mlflow"}


def test_artifacts_lie_under_their_prefix(states):
    arguments = one(states["own"], "Deployment", "mlflow").inputs["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments[arguments.index("--artifacts-destination") + 1] == "s3://artifacts/mlflow"


def test_the_servers_certificate_is_verified_by_what_the_stack_hands_over(states):
    secret = one(states["own"], "Secret", "postgres-ca").inputs
    assert secret["metadata"]["name"] == "mlflow-database-ca"
    (volume,) = [
        each
        for each in one(states["own"], "Deployment", "mlflow").inputs["spec"]["template"]["spec"]["volumes"]
        if each["name"] == "database-ca"
    ]
    assert volume["secret"]["secretName"] == "mlflow-database-ca"


def test_mlflow_reaches_the_database_in_its_networks_and_nowhere_else(states):
    rules = one(states["own"], "NetworkPolicy", "mlflow-prepare-out").inputs["spec"]["egress"]
    assert rules == [
        {
            "to": [{"ipBlock": {"cidr": "10.40.0.0/24"}}, {"ipBlock": {"cidr": "10.40.1.0/24"}}],
            "ports": [{"protocol": "TCP", "port": 5432}],
        }
    ]


@pytest.mark.parametrize("variant", ["own", "chart", "in the cluster"])
def test_nothing_else_is_unknown_and_nothing_is_the_text_of_an_output(states, variant):
    for resource in states[variant].resources:
        assert "Calling __str__" not in json.dumps(resource.inputs), resource.name
        if contains_unknown(resource.inputs):
            named = {urn for urns in resource.property_dependencies.values() for urn in urns}
            assert any("RandomPet" in urn or "RandomPassword" in urn for urn in named), resource.name


@pytest.fixture
def event_loop():
    """An Output is made in a loop, which another test of this process may have closed."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("event_loop")
def test_a_name_made_of_content_is_known_before_the_content_is():
    def named(host, port=5432):
        return content_name("mlflow-prepare", {"host": host, "port": port})

    assert named(pulumi.Output.from_input("one")) == named(pulumi.Output.from_input("two"))
    assert named(pulumi.Output.from_input("one")) != named(pulumi.Output.from_input("one"), port=6432)
    assert named("db.example.org") != named(pulumi.Output.from_input("db.example.org"))
    with pytest.raises(TypeError, match="set is no plain data"):
        named({"db.example.org"})
