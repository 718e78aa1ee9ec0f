"""What happens to objects in a real control plane on which nothing runs."""

import stat
from pathlib import Path

import psutil
import pytest
import requests

from mlplatform.sandbox.control_plane.control_plane import ControlPlane
from mlplatform.sandbox.control_plane.crds import catalogue
from mlplatform.sandbox.control_plane.load_crds import load_crds
from tests.sandbox.objects import claim, config_map, deployment, job, obj, pod
from tests.sandbox.waiting import applied, condition, status, wait_for


@pytest.fixture
def api(control_plane):
    return control_plane.api


def test_nodes_are_ready_in_three_zones(api):
    nodes = api.get("/api/v1/nodes").body["items"]
    assert {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes} == {
        "sandbox-a",
        "sandbox-b",
        "sandbox-c",
    }
    assert all(condition(api, f"/api/v1/nodes/{node['metadata']['name']}", "Ready") for node in nodes)


def test_pod_becomes_ready(api, namespace):
    path = applied(api, pod(namespace))
    wait_for(lambda: condition(api, path, "Ready"), what="the pod is ready")


def test_pod_with_graphics_card_gets_the_node_that_has_one(api, namespace):
    manifest = pod(namespace, tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}])
    manifest["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 1}}
    path = applied(api, manifest)
    wait_for(lambda: condition(api, path, "Ready"), what="the pod is ready")
    assert api.get(path).body["spec"]["nodeName"] == "sandbox-gpu-a"


def test_pod_that_fits_nowhere_stays_pending(api, namespace):
    path = applied(api, pod(namespace, nodeSelector={"there-is": "none"}))
    wait_for(lambda: status(api, path).get("conditions"), what="the scheduler has seen the pod")
    assert status(api, path)["conditions"][0]["reason"] == "Unschedulable"


def test_deployment_becomes_available(api, namespace):
    path = applied(api, deployment(namespace, replicas=3))
    wait_for(lambda: condition(api, path, "Available"), what="the deployment is available")
    wait_for(lambda: status(api, path).get("readyReplicas") == 3, what="all replicas are ready")


def test_job_succeeds(api, namespace):
    path = applied(api, job(namespace))
    wait_for(lambda: condition(api, path, "Complete"), what="the job is complete")
    assert status(api, path)["succeeded"] == 1


def test_claim_binds_to_a_volume_that_goes_with_it(api, namespace):
    path = applied(api, claim(namespace))
    wait_for(lambda: status(api, path).get("phase") == "Bound", what="the claim is bound")
    volume = f"/api/v1/persistentvolumes/{api.get(path).body['spec']['volumeName']}"
    wait_for(lambda: status(api, volume).get("phase") == "Bound", what="the volume is bound")
    assert status(api, path)["capacity"] == {"storage": "5Gi"}
    api.delete(path)
    wait_for(lambda: api.get(volume).status == 404, what="the volume is gone")


def test_claim_that_waits_for_its_pod(api, namespace):
    storage_class = obj("storage.k8s.io/v1", "StorageClass", f"late-{namespace}")
    storage_class |= {"provisioner": "ebs.csi.aws.com", "volumeBindingMode": "WaitForFirstConsumer"}
    class_path = applied(api, storage_class)
    claim_path = applied(api, claim(namespace, storageClassName=f"late-{namespace}"))
    manifest = pod(namespace, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "claim"}}])
    pod_path = applied(api, manifest)
    wait_for(lambda: condition(api, pod_path, "Ready"), what="the pod is ready")
    assert status(api, claim_path)["phase"] == "Bound"
    api.delete(class_path)


def test_stateful_set_with_claims(api, namespace):
    manifest = deployment(namespace, name="stateful")
    manifest["kind"] = "StatefulSet"
    manifest["spec"] |= {"serviceName": "stateful", "volumeClaimTemplates": [claim(namespace, name="data")]}
    path = applied(api, manifest)
    wait_for(lambda: status(api, path).get("readyReplicas") == 2, what="both replicas are ready")


def test_load_balancer_gets_an_address(api, namespace):
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "test"}}
    path = applied(api, obj("v1", "Service", "balanced", namespace, spec=spec))
    ingress = wait_for(lambda: status(api, path).get("loadBalancer", {}).get("ingress"), what="it has an address")
    assert ingress[0]["ip"] == "192.0.2.1"


def test_namespace_goes_with_all_that_is_in_it(api, namespace):
    for manifest in (deployment(namespace), claim(namespace), config_map(namespace, key="value")):
        applied(api, manifest)
    path = f"/api/v1/namespaces/{namespace}"
    assert api.delete(path).ok
    wait_for(lambda: api.get(path).status == 404, what="the namespace is gone")


def test_pod_security_refuses_root(api, namespace):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    manifest = obj("v1", "Namespace", namespace)
    manifest["metadata"]["labels"] = labels
    applied(api, manifest)
    root = pod(namespace, securityContext={"runAsUser": 0})
    answer = api.apply(api.path(root), root)
    assert answer.status == 403
    assert 'violates PodSecurity "restricted:latest"' in answer.message
    # As the same pod that says nothing of its user does not break the rule, it is the rule.
    applied(api, pod(namespace))


def test_service_accounts_have_only_their_own_rights(control_plane, api, namespace):
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    wait_for(lambda: api.get(account).ok, what="the namespace has its account")
    answer = api.request("POST", f"{account}/token", body={"spec": {}})
    token = answer.body["status"]["token"]
    response = requests.get(
        f"{control_plane.server}/api/v1/secrets",
        headers={"Authorization": f"Bearer {token}"},
        verify=control_plane.folder / "pki" / "ca.crt",
        timeout=30,
    )
    assert response.status_code == 403


def test_strangers_are_not_let_in(control_plane):
    ca = control_plane.folder / "pki" / "ca.crt"
    response = requests.get(f"{control_plane.server}/api/v1/namespaces", verify=ca, timeout=30)
    assert response.status_code == 401
    with pytest.raises(requests.ConnectionError):
        requests.get(f"https://127.0.0.1:{control_plane.ports.etcd}/version", verify=ca, timeout=30)


def test_everything_listens_at_127_0_0_1_only(control_plane):
    listening = [
        (process.name, connection.laddr.ip)
        for process in control_plane.running
        for connection in psutil.Process(process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {name for name, _ in listening} == {"etcd", "kube-apiserver"}
    assert {address for _, address in listening} == {"127.0.0.1"}


def test_keys_are_readable_by_their_owner_only(control_plane):
    private = [*control_plane.folder.glob("**/*.key"), *control_plane.folder.glob("*kubeconfig")]
    assert len(private) > 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def webhook(name):
    """A webhook for everybody's configuration maps, which nobody answers."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    hook = {
        "name": "nobody.example.org",
        "clientConfig": {"service": {"name": "nobody", "namespace": "default", "port": 443}},
        "rules": [rule],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
    }
    return obj("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", f"hook-{name}", webhooks=[hook])


def test_admission_webhooks_are_not_asked(api, namespace):
    path = applied(api, webhook(namespace))
    applied(api, config_map(namespace, key="value"))
    api.delete(path)


def test_admission_webhooks_are_asked_when_wanted(binaries, tmp_path):
    with ControlPlane(tmp_path, binaries, admission_webhooks=True, guarded=True) as plane:
        applied(plane.api, webhook("default"))

        def refused():
            answer = plane.api.apply(plane.api.path(config_map("default")), config_map("default"), dry_run=True)
            return not answer.ok and "nobody.example.org" in answer.message

        wait_for(refused, what="the webhook is asked")


def test_folder_in_a_relative_place(binaries, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ControlPlane(Path("below"), binaries, guarded=True) as plane:
        assert plane.api.get("/readyz").ok
    assert not plane.running


@pytest.mark.slow
def test_catalogue_is_established(control_plane_with_crds):
    api = control_plane_with_crds.api
    assert load_crds(api) == ()
    found = api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").body["items"]
    conditions = {
        item["metadata"]["name"]: {cond["type"] for cond in item["status"]["conditions"] if cond["status"] == "True"}
        for item in found
    }
    assert set(catalogue()) <= set(conditions)
    assert all("Established" in conditions[name] for name in catalogue())
