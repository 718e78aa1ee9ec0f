"""All objects of MLflow in every variant: golden files, CRD schemas, Pod Security, policies, order, protection."""

import json
import os
from pathlib import Path

import pytest

from mlplatform.review.verdicts import judge
from tests.components.mlflow import programs
from tests.components.parts.charts import pod_template
from tests.components.parts.pod_security import breaches
from tests.crd_schemas import assert_valid

GOLDEN = Path(__file__).parent / "golden"
CUSTOM = ("postgresql.cnpg.io", "barmancloud.cnpg.io", "monitoring.coreos.com", "networking.istio.io")


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Return a function that gives the state of a variant, computed once."""
    known = {}

    def state(variant):
        if variant not in known:
            known[variant] = programs.run(tmp_path_factory.mktemp(variant), variant)
        return known[variant]

    return state


def mlflow_objects(state):
    """Return the objects of MLflow: what lies below its component."""
    return [
        resource
        for resource in state.resources
        if resource.type.startswith("kubernetes:") and "mlplatform:mlflow:Mlflow$" in resource.urn
    ]


def manifests(state):
    return [dict(resource.inputs) for resource in mlflow_objects(state) if "helm.sh" not in resource.type]


def one(state, kind, name):
    (found,) = [
        resource
        for resource in state.resources
        if resource.type.rpartition(":")[2] == kind and _object_name(resource).startswith(name)
    ]
    return found


def _object_name(resource):
    return str(dict(resource.inputs.get("metadata") or {}).get("name") or resource.name)


def all_before(state, resource):
    """Return the URNs of everything that is there before a resource, components with all that they hold."""
    by_urn = {each.urn: each for each in state.resources}
    children = {}
    for each in state.resources:
        children.setdefault(each.parent, []).append(each.urn)
    seen, waiting = set(), list(resource.dependencies)
    while waiting:
        urn = waiting.pop()
        if urn not in seen:
            seen.add(urn)
            waiting += [*by_urn[urn].dependencies, *([] if by_urn[urn].custom else children.get(urn, []))]
    return seen


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_golden_objects(states, variant):
    """UPDATE_GOLDEN=1 writes them anew, to be read in the diff."""
    found = {}
    for resource in mlflow_objects(states(variant)):
        inputs = json.loads(json.dumps(resource.inputs, default=str))
        if resource.type.endswith(":Secret"):
            inputs["stringData"] = sorted(inputs["stringData"])
        kind = inputs.get("kind") or resource.type.rpartition(":")[2]
        for text in (inputs.get("data") or {}) if kind == "ConfigMap" else ():
            inputs["data"][text] = "(a file of its own)"
        found[f"{kind}/{_object_name(resource)}"] = inputs
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    path = GOLDEN / f"{variant}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_custom_resources_fit_their_crd(states, variant):
    checked = [item for item in manifests(states(variant)) if item["apiVersion"].startswith(CUSTOM)]
    assert checked or "external" in variant
    for item in checked:
        assert_valid(item)


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_pods_are_hardened(states, variant):
    templates = [template for item in manifests(states(variant)) if (template := pod_template(item))]
    assert templates
    for template in templates:
        pod = template["spec"]
        assert not list(breaches(pod))
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert set(container["resources"]["requests"]) >= {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
            assert {mount["name"] for mount in container["volumeMounts"]} <= {
                v["name"] for v in [*pod["volumes"], {"name": "data"}]
            }


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_servers_have_probes_of_their_named_ports(states, variant):
    for item in manifests(states(variant)):
        if item["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        for container in item["spec"]["template"]["spec"]["containers"]:
            ports = {port["name"] for port in container["ports"]}
            for kind in ("readinessProbe", "livenessProbe"):
                probe = container[kind]
                assert (probe.get("httpGet") or probe["tcpSocket"])["port"] in ports


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_policy_pack_passes(states, variant):
    assert [verdict for verdict in judge(states(variant)) if verdict.outcome != "passed"] == []


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_what_a_pod_names_is_there(states, variant):
    """Every Secret, ConfigMap and account that a pod refers to is an object of the stack, or of somebody named."""
    state = states(variant)
    there = {(item["kind"], item["metadata"]["name"]) for item in manifests(state)}
    # What the operator makes, and what the settings name.
    foreign = {"mlflow-db-ca", "mlflow-db-2-ca", "db-login", "db-ca", "s3-login"}
    for item in manifests(state):
        if not (template := pod_template(item)):
            continue
        pod = template["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in there
        for kind, name in _references(pod):
            assert name in foreign or (kind, name) in there, (item["metadata"]["name"], kind, name)


def _references(pod):
    for volume in pod["volumes"]:
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            if "secret" in source:
                yield "Secret", source["secret"].get("secretName") or source["secret"]["name"]
            if "configMap" in source:
                yield "ConfigMap", source["configMap"]["name"]
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        for variable in container["env"]:
            if "valueFrom" in variable:
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]


@pytest.mark.parametrize("variant", ["own-minio", "own-production", "chart-minio"])
def test_order(states, variant):
    """Namespace, then Secrets, then operator and store, then database, then migration, then the server."""
    state = states(variant)
    server = one(state, "Release" if variant.startswith("chart") else "Deployment", "mlflow")
    migration, cluster = one(state, "Job", "mlflow-prepare"), one(state, "Cluster", "mlflow-db")
    objects = one(state, "ObjectStore", "mlflow-db")
    assert migration.urn in all_before(state, server)
    assert cluster.urn in all_before(state, migration)
    before = all_before(state, cluster)
    assert objects.urn in before
    operator = [
        resource.urn
        for resource in state.resources
        if resource.name.startswith("cloudnative-pg") and "Release" in resource.type
    ]
    assert len(operator) == 2
    assert set(operator) <= before
    if "minio" in variant:
        assert one(state, "Job", "minio-setup").urn in before
        assert one(state, "StatefulSet", "minio").urn in all_before(state, one(state, "Job", "minio-setup"))
    namespace = one(state, "Namespace", "mlflow").urn
    for resource in mlflow_objects(state):
        if resource.urn != namespace:
            assert namespace in all_before(state, resource), resource.urn
    cert_manager = {
        resource.urn for resource in state.resources if resource.name == "cert-manager" and "Release" in resource.type
    }
    assert cert_manager <= all_before(state, cluster)


@pytest.mark.parametrize("variant", ["own-minio", "own-production", "chart-minio"])
def test_monitors_and_routes_come_after_what_brings_their_crds(states, variant):
    state = states(variant)
    monitors = [
        resource for resource in mlflow_objects(state) if resource.type.endswith(("ServiceMonitor", "PodMonitor"))
    ]
    assert len(monitors) == 2
    ready = one(state, "Namespace", "mlplatform-monitoring").urn
    for monitor in monitors:
        assert ready in all_before(state, monitor)
    if variant != "own-production":
        route = one(state, "VirtualService", "mlflow")
        assert one(state, "Gateway", "mlplatform").urn in all_before(state, route)


@pytest.mark.parametrize("variant", programs.VARIANTS)
def test_what_holds_data_is_protected_and_kept_in_production_only(states, variant):
    production = programs.VARIANTS[variant].get("environment") == "production"
    kept = {
        (resource.type.rpartition(":")[2], _object_name(resource))
        for resource in states(variant).resources
        if "mlplatform:mlflow:Mlflow$" in resource.urn and resource.protect
    }
    for resource in states(variant).resources:
        # Protection alone would leave `destroy` no way but to take it off, and then data would go.
        if resource.type.startswith("kubernetes:") and "mlplatform:mlflow:Mlflow$" in resource.urn:
            assert resource.protect == resource.retain_on_delete
    if not production:
        assert not kept
        return
    assert {("Namespace", "mlflow"), ("Secret", "mlflow-server"), ("RandomPassword", "mlflow-encryption")} <= kept
    stateful = {"Cluster", "ObjectStore", "StatefulSet"}
    for item in manifests(states(variant)):
        if item["kind"] in stateful:
            assert (item["kind"], item["metadata"]["name"]) in kept


def test_replicas_are_the_autoscalers(states):
    assert one(states("own-production"), "Deployment", "mlflow").ignore_changes == ("spec.replicas",)
    assert one(states("own-minio"), "Deployment", "mlflow").ignore_changes == ()


def test_rotation_restarts_pods_and_runs_the_jobs_again(states, tmp_path):
    before = states("own-minio")
    rotated = {"rotations": {"mlflow-training": 2, "minio-model-reader": 2}}
    after = programs.run(tmp_path, {**programs.VARIANTS["own-minio"], **rotated})
    for job in ("mlflow-prepare", "minio-setup"):
        assert _object_name(one(before, "Job", job)) != _object_name(one(after, "Job", job))
    template = [one(state, "Deployment", "mlflow").inputs["spec"]["template"] for state in (before, after)]
    assert template[0]["metadata"]["annotations"] != template[1]["metadata"]["annotations"]
    # Nothing else changes: the database keeps its password, MinIO its pod.
    for kind, name in (("Cluster", "mlflow-db"), ("StatefulSet", "minio")):
        assert one(before, kind, name).inputs == one(after, kind, name).inputs


def test_another_password_of_an_external_database_restarts_pods_and_prepares_again(states, tmp_path):
    before = states("chart-s3-external")
    after = programs.run(tmp_path, {**programs.VARIANTS["chart-s3-external"], "rotations": {"mlflow-database": 2}})
    assert _object_name(one(before, "Job", "mlflow-prepare")) != _object_name(one(after, "Job", "mlflow-prepare"))
    annotations = [one(state, "Release", "mlflow").inputs["values"]["podAnnotations"] for state in (before, after)]
    assert annotations[0] != annotations[1]


@pytest.mark.parametrize(("environment", "warnings"), [("production", 1), ("development", 0)])
def test_one_disk_in_production_is_warned_of(tmp_path, environment, warnings):
    result = programs.result(tmp_path, {**programs.VARIANTS["own-minio"], "environment": environment})
    said = [message.text for message in result.messages if message.severity == "warning"]
    assert len([text for text in said if text.startswith("mlflow.artifacts.minio in production")]) == warnings


def test_account_may_read_its_own_config_maps_and_nothing_else(states):
    for variant in programs.VARIANTS:
        (role,) = [item for item in manifests(states(variant)) if item["kind"] == "Role"]
        (rule,) = role["rules"]
        assert (rule["apiGroups"], rule["resources"], rule["verbs"]) == ([""], ["configmaps"], ["get"])
        own = {item["metadata"]["name"] for item in manifests(states(variant)) if item["kind"] == "ConfigMap"}
        assert set(rule["resourceNames"]) <= own
        assert rule["resourceNames"]


def test_clients_with_direct_access_have_a_user_of_their_own(states, tmp_path):
    """Not MLflow's, which deletes; and no such user where artifacts are proxied."""
    chosen = programs.VARIANTS["own-minio"]
    artifacts = {**chosen["mlflow"]["artifacts"], "access": "direct"}
    direct = programs.run(tmp_path, {**chosen, "mlflow": {**chosen["mlflow"], "artifacts": artifacts}})
    secrets = [
        {item["metadata"]["name"] for item in manifests(state) if item["kind"] == "Secret"}
        for state in (states("own-minio"), direct)
    ]
    assert secrets[1] - secrets[0] == {"minio-training"}
    policies = one(direct, "ConfigMap", "minio-policies").inputs["data"]
    statement = json.loads(policies["training.json"])["Statement"][-1]
    assert set(statement["Action"]) == {
        "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"
    }  # fmt: skip
    # The backups' store is still that of the backups.
    store = one(direct, "ObjectStore", "mlflow-db").inputs["spec"]["configuration"]
    assert store["s3Credentials"]["accessKeyId"]["name"] == "minio-backup"
