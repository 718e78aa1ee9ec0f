"""How the namespaces of a stack are wired, seen in the state of a program."""

import dataclasses

import pytest

from components.tenancy import Tenant
from components.tenancy.tenant import tenants
from mlplatform.config.tenancy import Team
from mlplatform.config.training import Training
from mlplatform.review.engine.program import run_program
from tests.programs import write_project
from tests.served import example_models, settings_with

PROGRAM = """
    import sys
    sys.path.insert(0, {root!r})
    import pulumi
    import pulumi_random
    from components.cluster import ExistingCluster
    from components.kubernetes.network_policies import PodPeer
    from components.kubernetes.object_stores import ObjectStore, StoreKeys
    from components.tenancy import PlatformEndpoints, Tenants, TenantsArgs
    from components.training import MlflowAccess, MlflowUser, TrainingJobs, TrainingJobsArgs
    from mlplatform.config import load_settings
    from tests.served import example_models

    settings = load_settings()
    cluster = ExistingCluster("cluster", settings.cluster)
    opts = pulumi.ResourceOptions(provider=cluster.provider)
    istio = pulumi.ComponentResource("mlplatform:cluster:Istio", "istio", {{}}, opts)
    mlflow = pulumi.ComponentResource("mlplatform:mlflow:Mlflow", "mlflow", {{}}, opts)
    for part in (istio, mlflow):
        pulumi_random.RandomPet(f"in-{{part._name}}", opts=pulumi.ResourceOptions(parent=part))
    store = ObjectStore(
        endpoint="http://minio.mlflow.svc:9000",
        keys=StoreKeys(access_key_id="reader", secret_access_key=pulumi.Output.secret("hunter2")),
    )
    platform = PlatformEndpoints(
        mesh="sidecar", injection_labels={{"istio-injection": "enabled"}}, gateway=PodPeer(namespace="istio-ingress"),
        tracking_uri="http://mlflow.mlflow.svc:5000", mlflow=PodPeer(namespace="mlflow"),
    )
    tenants = Tenants(
        "tenants",
        TenantsArgs(
            teams=settings.teams, models=example_models(settings), training=settings.training, store=store,
            service_account=settings.object_store.service_account, platform=platform, istio=istio,
        ),
        opts=opts,
    )
    access = MlflowAccess(
        tracking_uri="http://mlflow.mlflow.svc:5000",
        user=MlflowUser(username="training", password=pulumi.Output.secret("hunter2")),
        artifact_store=ObjectStore(
            keys=StoreKeys(access_key_id="writer", secret_access_key=pulumi.Output.secret("hunter2"))
        ),
    )
    TrainingJobs(
        "training",
        TrainingJobsArgs(
            training=settings.training, access=access, namespaces=tenants.namespaces, mesh="sidecar", mlflow=mlflow
        ),
        opts=opts,
    )
"""
STACK = """\
config:
  pulumi:disable-default-providers: [kubernetes]
  mlplatform:cluster: {kind: existing, context: kind-case}
  mlplatform:registry: {uri: "https://mlflow.example.org"}
  mlplatform:teams:
    - name: team-a
      quota: {requests.cpu: 20, pods: 50}
      editors: [ml-engineers]
      logSink: {namespace: logs, port: 8080}
    - {name: team-b}
  mlplatform:training:
    - {name: wine, namespace: team-a, image: "example.org/wine:1.0.0", registeredModel: wine, schedule: "0 2 * * *"}
    - name: rose
      namespace: lab
      image: registry.example.org/wine:1.0.0
      registeredModel: rose
      serviceAccount: rose
      roleArn: arn:aws:iam::123456789012:role/rose
      credentialsSecret: rose-user
  mlplatform:models:
    - {name: iris, registeredModel: iris, alias: champion, serving: kserve, namespace: team-a}
    - {name: sales, registeredModel: sales, alias: champion, serving: seldon, namespace: models}
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tenants")
    write_project(folder, program=PROGRAM, case=STACK)
    return run_program(folder, "case").state


def of_kind(state, kind):
    return {resource.name: resource for resource in state.resources if resource.type.rpartition(":")[2] == kind}


def test_a_namespace_for_each_team_model_and_job(state):
    assert set(of_kind(state, "Namespace")) == {"team-a", "team-b", "lab", "models"}
    labels = {name: found.inputs["metadata"]["labels"] for name, found in of_kind(state, "Namespace").items()}
    assert {found["istio-injection"] for found in labels.values()} == {"enabled"}
    enforced = {name: found["pod-security.kubernetes.io/enforce"] for name, found in labels.items()}
    assert enforced == {"team-a": "restricted", "team-b": "restricted", "lab": "restricted", "models": "baseline"}


def test_only_teams_have_shares_and_roles(state):
    assert set(of_kind(state, "LimitRange")) == {"team-a-containers", "team-b-containers"}
    assert set(of_kind(state, "ResourceQuota")) == {"team-a-quota"}
    assert set(of_kind(state, "Role")) == set(of_kind(state, "RoleBinding")) == {"team-a-team-editor"}


def test_everything_in_a_namespace_comes_after_it(state):
    namespaces = of_kind(state, "Namespace")
    inside = [
        resource
        for resource in state.resources
        if resource.type.startswith("kubernetes:") and resource.inputs.get("metadata", {}).get("namespace")
    ]
    assert len(inside) > 30
    for resource in inside:
        assert namespaces[resource.inputs["metadata"]["namespace"]].urn in resource.dependencies, resource.name


def test_mutual_tls_comes_after_the_mesh(state):
    found = of_kind(state, "PeerAuthentication")
    assert set(found) == {f"{name}-mtls" for name in ("team-a", "team-b", "lab", "models")}
    istio = of_kind(state, "RandomPet")["in-istio"].urn
    assert all(istio in resource.dependencies for resource in found.values())


def test_objects_carry_the_fields_of_their_manifests(state):
    policy = of_kind(state, "NetworkPolicy")["team-a-allow-log-sink-kserve"].inputs
    assert policy["spec"]["egress"] == [
        {
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "logs"}}}],
            "ports": [{"protocol": "TCP", "port": 8080}],
        }
    ]
    binding = of_kind(state, "RoleBinding")["team-a-team-editor"].inputs
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "team-editor"}
    job = of_kind(state, "CronJob")["wine"].inputs
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 21600


def test_each_namespace_has_the_accounts_of_its_pods(state):
    accounts = of_kind(state, "ServiceAccount")
    assert set(accounts) == {"team-a-model-reader", "team-a-training", "lab-rose", "models-model-reader"}
    rose = accounts["lab-rose"].inputs
    assert rose["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/rose"}
    # Nothing that serves or trains calls the Kubernetes API.
    assert {found.inputs["automountServiceAccountToken"] for found in accounts.values()} == {False}


def test_a_teams_own_jobs_reach_mlflow_and_model_servers_do_not(state):
    opened = {name for name in of_kind(state, "NetworkPolicy") if name.endswith("-allow-mlflow")}
    assert opened == {"team-a-allow-mlflow", "team-b-allow-mlflow", "lab-allow-mlflow"}


def test_jobs_come_after_mlflow_their_namespace_and_their_credentials(state):
    wine = of_kind(state, "CronJob")["wine"]
    (secret,) = [found for name, found in of_kind(state, "Secret").items() if name == "wine-mlflow"]
    assert {secret.urn, of_kind(state, "RandomPet")["in-mlflow"].urn, of_kind(state, "Namespace")["team-a"].urn} <= set(
        wine.dependencies
    )
    assert secret.inputs["metadata"]["namespace"] == "team-a"


def test_no_secret_leaves_its_object(state):
    assert "hunter2" not in repr([resource.inputs for resource in state.resources])


def test_namespaces_of_an_earlier_version_stay_the_same(state):
    former = (
        "urn:pulumi:case::mlplatform::mlplatform:serving:ModelDeployments$mlplatform:cluster:ModelNamespace::team-a"
    )
    (component,) = [found for name, found in of_kind(state, "TeamNamespace").items() if name == "team-a"]
    assert former in component.aliases


def test_tenants_of_nothing():
    assert tenants((), (), ()) == {}


def test_one_namespace_may_be_for_everything():
    team = Team.model_validate({"name": "a"})
    (served,) = example_models(settings_with({"serving": "kserve", "namespace": "a"}))
    job = Training.model_validate(
        {"name": "wine", "namespace": "a", "image": "example.org/wine:1", "registeredModel": "wine"}
    )
    expected = Tenant(team=team, models=(served,), training=(job,))
    assert tenants((team,), (served,), (job,)) == {"a": expected}
    assert tenants((), (served,), ()) == {"a": dataclasses.replace(expected, team=None, training=())}


def test_the_engines_of_a_namespace_are_those_of_its_models():
    models = (
        {"name": "a", "serving": "seldon"},
        {"name": "b", "serving": "kserve"},
        {"name": "c", "serving": "seldon"},
    )
    (tenant,) = tenants((), example_models(settings_with(*models)), ()).values()
    assert [engine.name for engine in tenant.engines] == ["kserve", "seldon"]
