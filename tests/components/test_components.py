"""How the components wire their resources, seen in the state of a program that uses them."""

import pytest

from mlplatform.review.engine.program import run_program
from tests.programs import write_project

STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  mlplatform:cluster: {kind: existing, context: kind-case, kubeconfig: kube/config}
  mlplatform:registry: {uri: "http://127.0.0.1:5500"}
  mlplatform:objectStore:
    endpoint: http://minio.storage.svc:9000
    credentials: {accessKeyId: reader, secretAccessKey: {secure: "v1:a:b"}}
  mlplatform:models:
    - {name: iris, registeredModel: iris, alias: champion, serving: kserve, namespace: models}
    - {name: wine, registeredModel: wine, alias: champion, serving: kserve, namespace: mixed}
    - {name: sales, registeredModel: sales, alias: champion, serving: seldon, namespace: mixed}
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("components")
    write_project(folder, case=STACK)
    return run_program(folder, "case").state


def one(state, kind, name):
    (found,) = [
        resource for resource in state.resources if resource.type.rpartition(":")[2] == kind and resource.name == name
    ]
    return found


def test_every_object_uses_the_stacks_own_provider(state):
    provider = one(state, "kubernetes", "cluster")
    assert provider.inputs["context"] == "kind-case"
    assert provider.inputs["kubeconfig"] == "kube/config"
    objects = [resource for resource in state.resources if resource.type.startswith("kubernetes:")]
    assert len(objects) == 22
    assert {resource.provider.rpartition("::")[0] for resource in objects} == {provider.urn}


def test_pod_security_labels_follow_the_engines(state):
    def enforced(name):
        return one(state, "Namespace", name).inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]

    assert (enforced("models"), enforced("mixed")) == ("restricted", "baseline")


def test_deployments_come_after_their_namespace_account_and_secrets(state):
    needed = {
        one(state, "Namespace", "mixed").urn,
        one(state, "ServiceAccount", "mixed-model-reader").urn,
        one(state, "Secret", "mixed-model-store").urn,
        one(state, "Secret", "mixed-model-store-rclone").urn,
    }
    assert needed <= set(one(state, "SeldonDeployment", "sales").dependencies)
    assert needed <= set(one(state, "InferenceService", "wine").dependencies)


def test_account_names_the_secret_that_kserve_reads(state):
    assert one(state, "ServiceAccount", "models-model-reader").inputs["secrets"] == [{"name": "model-store"}]


def test_a_namespace_gets_only_the_secrets_of_its_engines(state):
    secrets = {resource.name for resource in state.resources if resource.type.endswith(":Secret")}
    assert secrets == {"models-model-store", "mixed-model-store", "mixed-model-store-rclone"}


def test_facts_are_the_inputs_of_the_component(state):
    facts = one(state, "ModelDeployment", "sales").inputs
    assert (facts["registeredModel"], facts["version"], facts["runtime"]) == ("sales", "1", "MLFLOW_SERVER")
    assert "modelId" not in facts


def test_objects_have_explicit_names(state):
    for resource in state.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.inputs["metadata"]["name"]
