"""Pods that workloads will make."""

from mlplatform.sandbox.findings import Candidate
from mlplatform.sandbox.validation.pods import pods_of


def test_pod_of_a_stateful_set_has_the_volumes_of_its_claims():
    container = {"name": "store", "image": "store:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "store", "namespace": "case"},
        "spec": {
            "template": {"spec": {"containers": [container], "volumes": [{"name": "scratch", "emptyDir": {}}]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        },
    }
    (pod,) = pods_of([Candidate(manifest=manifest)])
    assert pod.manifest["spec"]["volumes"] == [
        {"name": "scratch", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-store-0"}},
    ]
