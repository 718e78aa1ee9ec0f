"""Creation and teardown, from nothing but the dependencies that the engine will see."""

import pytest

from mlplatform.review.state.kubernetes_objects import HELM_RELEASE
from mlplatform.sandbox.validation.stack_objects import objects_of
from tests.order import everything_before, requirements, worst_creation_order
from tests.platform.releases import CONTROLLERS
from tests.platform.stacks import PROD, VARIANTS

EBS, STORAGE = "mlplatform-prod-addons-aws-ebs-csi-driver", "kubernetes:storage.k8s.io/v1:StorageClass"
NAT = "mlplatform-prod-nat-eu-central-1a"
SELDON = "kubernetes:machinelearning.seldon.io/v1:SeldonDeployment"
POLICY, RELEASER = "aws:s3/bucketPolicy:BucketPolicy", "mlplatform-prod-releaser"


@pytest.mark.parametrize("variant", VARIANTS)
def test_custom_resources_come_after_all_that_installs_and_judges_their_kind(variant, state_of_variant):
    state = state_of_variant(variant)
    releases = {resource.urn: resource.name for resource in state.resources if resource.type == HELM_RELEASE}
    present = set(releases.values())
    checked = 0
    for item in objects_of(state):
        wanted = CONTROLLERS.get(item.api_version.partition("/")[0], set()) & present
        before = {releases[urn] for urn in everything_before(state, item.origin) if urn in releases}
        assert wanted <= before, f"{item.kind} {item.name} does not wait for {wanted - before}"
        checked += bool(wanted)
    assert checked > 10


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_in_a_namespace_comes_after_the_namespace(variant, state_of_variant):
    state = state_of_variant(variant)
    namespaces = {item.name: item.origin for item in objects_of(state) if item.kind == "Namespace"}
    for item in objects_of(state):
        if item.namespace in namespaces:
            assert namespaces[item.namespace] in everything_before(state, item.origin), f"{item.kind} {item.name}"
    for resource in state.resources:
        if resource.type == HELM_RELEASE and resource.inputs["namespace"] in namespaces:
            assert namespaces[resource.inputs["namespace"]] in everything_before(state, resource.urn), resource.name


def test_models_go_before_engines_engines_before_mesh_and_mesh_before_certificates(state_of_variant):
    state = state_of_variant("istio-knative")
    order = [resource.name for resource in reversed(worst_creation_order(state)) if resource.custom]
    for first, then in (
        ("iris", "kserve-resources"),
        ("iris", "knative"),
        ("breast-cancer", "seldon-core-operator"),
        ("wine-training", "mlflow-service"),
        ("mlflow-route", "istio-gateway"),
        ("knative", "knative-operator"),
        ("kserve-resources", "knative"),
        ("kserve-resources", "istio-istiod"),
        ("istio-gateway", "istio-ingressgateway"),
        ("istio-ingressgateway", "istio-istiod"),
        ("istio-istiod", "istio-base"),
        ("istio-certificate", "cert-manager"),
        ("mlflow-db-schedule", "cloudnative-pg"),
    ):
        assert order.index(first) < order.index(then), f"{first} would be deleted after {then}"


def test_the_recorded_graph_has_no_cycle_and_no_stranger(state_of_variant):
    for variant in VARIANTS:
        state = state_of_variant(variant)
        for resource in state.resources:
            assert requirements(resource) <= state.by_urn.keys()
        assert len(worst_creation_order(state)) == len(state.resources)


def test_on_aws_everything_goes_before_what_it_stands_on(state_of_variant):
    state = state_of_variant("prod")
    order = [(resource.type, resource.name) for resource in reversed(worst_creation_order(state)) if resource.custom]
    nodes, workloads = "aws:eks/nodeGroup:NodeGroup", "kubernetes:serving.kserve.io/v1beta1:InferenceService"
    for first, then in (
        # Models before engines and before the rights to read them; pods before nodes; load balancers, which come with
        # the gateway's Service, before their subnets.
        ((workloads, "iris"), ("kubernetes:helm.sh/v3:Release", "kserve-resources")),
        ((workloads, "iris"), ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "mlplatform-prod-models-models-1")),
        ((workloads, "iris"), (nodes, "mlplatform-prod-cpu")),
        (("kubernetes:apps/v1:Deployment", "mlflow"), ("aws:rds/instance:Instance", "mlplatform-prod-mlflow-db")),
        (("kubernetes:helm.sh/v3:Release", "istio-ingressgateway"), (nodes, "mlplatform-prod-system")),
        (("kubernetes:helm.sh/v3:Release", "kube-prometheus-stack"), ("aws:eks/addon:Addon", EBS)),
        (("kubernetes:helm.sh/v3:Release", "kube-prometheus-stack"), (STORAGE, "eks-gp3")),
        # What reads and writes a bucket before the bucket and what makes it one.
        ((workloads, "iris"), (POLICY, "mlplatform-prod-releases")),
        (
            ("kubernetes:machinelearning.seldon.io/v1:SeldonDeployment", "breast-cancer"),
            (POLICY, "mlplatform-prod-releases"),
        ),
        (("kubernetes:apps/v1:Deployment", "mlflow"), (POLICY, "mlplatform-prod-artifacts")),
        (("kubernetes:batch/v1:CronJob", "mlflow-gc"), (POLICY, "mlplatform-prod-artifacts")),
        (("aws:iam/rolePolicyAttachment:RolePolicyAttachment", RELEASER), (POLICY, "mlplatform-prod-releases")),
        ((nodes, "mlplatform-prod-system"), ("aws:eks/cluster:Cluster", "mlplatform-prod")),
        (("aws:eks/cluster:Cluster", "mlplatform-prod"), ("aws:ec2/natGateway:NatGateway", NAT)),
        (("aws:eks/cluster:Cluster", "mlplatform-prod"), ("aws:kms/key:Key", "mlplatform-prod-secrets")),
        (("aws:ec2/natGateway:NatGateway", NAT), ("aws:ec2/vpc:Vpc", "mlplatform-prod")),
    ):
        assert order.index(first) < order.index(then), f"{first} would be deleted after {then}"


@pytest.mark.parametrize("variant", PROD)
def test_every_object_of_the_cluster_comes_after_its_nodes(variant, state_of_variant):
    state = state_of_variant(variant)
    nodes = {
        part.urn for part in state.resources if part.type in {"aws:eks/nodeGroup:NodeGroup", "aws:eks/addon:Addon"}
    }
    assert len(nodes) > 5
    for item in objects_of(state):
        assert nodes <= everything_before(state, item.origin), f"{item.kind} {item.name}"
    for resource in state.resources:
        if resource.type == HELM_RELEASE:
            assert nodes <= everything_before(state, resource.urn), resource.name


def test_stateful_resources_are_protected_and_outlive_the_stack_in_production_only(state_of_variant):
    kept = {
        ("kubernetes:apps/v1:StatefulSet", "minio"),
        ("kubernetes:postgresql.cnpg.io/v1:Cluster", "mlflow-db"),
        ("kubernetes:core/v1:Namespace", "mlflow-namespace"),
        # Without its password the database that was kept cannot be read.
        ("kubernetes:core/v1:Secret", "postgres-login"),
        ("random:index/randomPassword:RandomPassword", "mlflow-encryption"),
    }
    for variant, expected in (("production", True), ("istio-knative", False)):
        state = state_of_variant(variant)
        found = {(resource.type, resource.name): resource for resource in state.resources}
        for key in kept:
            assert (found[key].protect, found[key].retain_on_delete) == (expected, expected), key


def test_namespaces_of_tenants_are_gone_before_the_controllers_that_finalize_their_objects(state_of_variant):
    state = state_of_variant("istio-knative")
    tenants = {part.urn for part in state.resources if part.type == "mlplatform:tenancy:TeamNamespace"}
    found = [part for part in state.resources if part.type.endswith(":Namespace") and part.parent in tenants]
    assert found
    for namespace in found:
        before = {
            (state.by_urn[urn].type.rpartition(":")[2], state.by_urn[urn].name)
            for urn in everything_before(state, namespace.urn)
        }
        assert {
            ("Release", "kserve-resources"),
            ("Release", "knative-operator"),
            ("Release", "seldon-core-operator"),
            ("KnativeServing", "knative"),
        } <= before, namespace.name
