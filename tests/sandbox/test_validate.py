"""What a real API server says of objects, good and bad."""

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.sandbox.findings import Candidate
from mlplatform.sandbox.validation.validate import unknown_kind, validate_objects
from tests.applied import apply_objects, delete_objects, left_over
from tests.sandbox.objects import claim, config_map, deployment, job, obj, pod
from tests.sandbox.waiting import applied

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
MODEL = {"modelFormat": {"name": "mlflow"}, "storageUri": "s3://models/iris"}


@pytest.fixture
def ask(control_plane):
    """Validate objects; return what was found as (severity, object, message)."""

    def validate(*objects, **options):
        found = validate_objects(objects, control_plane.api, **options)
        return [(str(item.severity), item.object, item.message) for item in found]

    return validate


def only(found):
    assert len(found) == 1, found
    return found[0]


def test_good_objects_in_a_namespace_that_is_not_there_yet(control_plane, ask):
    objects = [obj("v1", "Namespace", "later"), deployment("later"), job("later"), claim("later")]
    assert ask(*objects) == []
    # Nothing was kept; the namespace, made for the time of it, goes.
    namespace = control_plane.api.get("/api/v1/namespaces/later")
    assert namespace.status == 404 or namespace.body["metadata"]["deletionTimestamp"]


def test_unknown_field(ask, namespace):
    manifest = deployment(namespace)
    manifest["spec"]["template"]["spec"]["containers"][0]["imagee"] = "typo"
    findings = [item for item in ask(manifest) if item[1].startswith("Deployment")]
    severity, where, message = only(findings)
    assert (severity, where) == ("error", f"Deployment {namespace}/deployment")
    assert 'containers[name="main"].imagee: field not declared in schema' in message


def test_wrong_type(ask, namespace):
    severity, _, message = only(ask(config_map(namespace, number=1)))
    assert severity == "error"
    assert ".data.number: expected string" in message


def test_value_that_is_not_allowed(ask, namespace):
    found = ask(deployment(namespace, replicas=-1))
    assert "spec.replicas: Invalid value: -1" in only(found)[2]


def test_field_that_the_server_drops(ask, namespace):
    manifest = deployment(namespace) | {"status": {"replicas": 3}}
    severity, _, message = only(ask(manifest))
    assert severity == "error"
    assert message == "the server drops status.replicas: it has no such field there"


def test_field_in_twice(ask, namespace):
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 80}]
    found = ask(obj("v1", "Service", "twice", namespace, spec={"ports": ports}))
    assert "duplicate entries for key" in only(found)[2]


def test_kind_that_nobody_defines(ask):
    severity, where, message = only(ask(obj("example.org/v1", "Thing", "thing", "default")))
    assert (severity, where) == ("error", "Thing default/thing")
    assert "no CustomResourceDefinition in the catalogue crds.yaml defines it" in message


def test_kind_of_a_version_that_is_gone(ask):
    assert (
        "knows no PodDisruptionBudget of policy/v1beta1"
        in only(ask(obj("policy/v1beta1", "PodDisruptionBudget", "old", "default")))[2]
    )


def test_kind_whose_definition_is_not_loaded():
    item = Candidate(manifest=obj("serving.kserve.io/v1beta1", "InferenceService", "iris", "models"))
    message = unknown_kind(item)
    assert "inferenceservices.serving.kserve.io is not loaded" in message
    assert "from kserve-0.20.0 (mlplatform sandbox up --crds)" in message


@pytest.mark.parametrize("manifest", [{}, {"kind": "Pod"}, {"apiVersion": "v1", "kind": "Pod", "metadata": None}])
def test_what_is_no_object(ask, manifest):
    assert "is no Kubernetes object: it lacks" in only(ask(manifest))[2]


def test_name_that_is_none(ask):
    assert "metadata.name" in only(ask(obj("v1", "ConfigMap", "Not_A_Name", "default")))[2]


def test_namespace_that_cannot_be_made(ask):
    messages = [message for _, _, message in ask(config_map("Not_A_Name"))]
    assert any("its namespace cannot be created" in message for message in messages)


def test_custom_resource(control_plane_with_crds, ask):
    good = obj("serving.kserve.io/v1beta1", "InferenceService", "good", "default", spec={"predictor": {"model": MODEL}})
    assert ask(good) == []
    bad = obj("serving.kserve.io/v1beta1", "InferenceService", "bad", "default")
    bad["spec"] = {"predictor": {"model": {**MODEL, "resource": {}}}}
    assert ".spec.predictor.model.resource: field not declared in schema" in only(ask(bad))[2]
    assert control_plane_with_crds.api.get("/apis/serving.kserve.io/v1beta1/inferenceservices").body["items"] == []


def test_definition_among_the_objects(ask):
    names = {"kind": "Gadget", "plural": "gadgets", "singular": "gadget"}
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": "example.org", "scope": "Namespaced", "names": names, "versions": [version]}
    definition = obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gadgets.example.org", spec=spec)
    assert ask(definition, obj("example.org/v1", "Gadget", "good", "default", size=1)) == []
    found = ask(definition, obj("example.org/v1", "Gadget", "bad", "default", size="big"))
    assert "size" in only(found)[2]


def test_warnings_are_passed_on(ask, namespace):
    manifest = obj("v1", "Endpoints", "old", namespace)
    severity, _, message = only(ask(manifest))
    assert severity == "warning"
    assert "deprecated" in message


def test_pods_are_judged_as_the_namespace_enforces(ask):
    team = obj("v1", "Namespace", "team")
    team["metadata"]["labels"] = RESTRICTED
    good, bad = deployment("team"), deployment("team", name="bad")
    del bad["spec"]["template"]["spec"]["containers"][0]["securityContext"]
    assert ask(team, good) == []
    found = ask(team, good, bad)
    # A warning about the Deployment, which the server takes; an error about its pod, which it does not.
    assert {(severity, where) for severity, where, _ in found} == {
        ("warning", "Deployment team/bad"),
        ("error", "Pod team/bad"),
    }
    assert all('PodSecurity "restricted:latest"' in message for _, _, message in found)


def test_pod_of_a_cron_job_with_what_other_objects_of_the_stack_bring(ask, namespace):
    spec = job(namespace)["spec"]
    spec["template"]["spec"] |= {"serviceAccountName": "not-there-yet", "priorityClassName": "not-there-yet"}
    cron = {"schedule": "0 2 * * *", "jobTemplate": {"spec": spec}}
    assert ask(obj("batch/v1", "CronJob", "nightly", namespace, spec=cron)) == []


def test_workload_without_a_template(ask, namespace):
    manifest = obj("apps/v1", "Deployment", "empty", namespace, spec={"selector": {"matchLabels": {"a": "b"}}})
    assert only(ask(manifest))[1] == f"Deployment {namespace}/empty"


def test_somebody_elses_cluster_is_left_as_it_is(control_plane, ask):
    objects = [obj("v1", "Namespace", "theirs"), config_map("theirs", key="value"), deployment("theirs")]
    found = ask(*objects, own=False)
    assert {item[:2] for item in found} == {
        ("warning", "ConfigMap theirs/config"),
        ("warning", "Deployment theirs/deployment"),
    }
    assert {item[2] for item in found} == {"namespace 'theirs' is not there yet; validated in 'default'"}
    assert control_plane.api.get("/api/v1/namespaces/theirs").status == 404
    # What cannot be taken there is still refused.
    assert ask(config_map("theirs", number=1), own=False)[-1][0] == "error"


def test_namespace_that_somebody_changed_meanwhile_stays(control_plane, monkeypatch):
    api = control_plane.api
    really = api.apply

    def apply(path, manifest, *, dry_run=False):
        answer = really(path, manifest, dry_run=dry_run)
        if dry_run:
            body = {"metadata": {"labels": {"owner": "somebody"}}}
            form = "application/merge-patch+json"
            api.request("PATCH", "/api/v1/namespaces/adopted?fieldManager=somebody", body=body, form=form)
        return answer

    monkeypatch.setattr(api, "apply", apply)
    assert validate_objects([config_map("adopted")], api) == []
    namespace = api.get("/api/v1/namespaces/adopted").body["metadata"]
    assert namespace["labels"]["owner"] == "somebody"
    assert "deletionTimestamp" not in namespace
    api.delete("/api/v1/namespaces/adopted")


def test_server_that_is_gone(control_plane, monkeypatch):
    monkeypatch.setattr(control_plane.api, "server", "https://127.0.0.1:1")
    with pytest.raises(ProblemsError, match="cannot be reached"):
        validate_objects([config_map("default")], control_plane.api)


def test_applied_in_order_and_deleted_in_reverse(control_plane):
    objects = [
        obj("v1", "Namespace", "ordered"),
        config_map("ordered", key="value"),
        claim("ordered"),
        deployment("ordered"),
        job("ordered"),
    ]
    assert apply_objects(objects, control_plane.api) == []
    assert len(left_over(objects, control_plane.api)) == len(objects)
    assert delete_objects(objects, control_plane.api) == []
    assert left_over(objects, control_plane.api) == []


def test_object_before_what_it_needs_is_refused(control_plane):
    objects = [config_map("too-late"), obj("v1", "Namespace", "too-late")]
    (found,) = apply_objects(objects, control_plane.api)
    assert (found.object, found.message) == (
        "ConfigMap too-late/config",
        'refused: namespaces "too-late" not found',
    )
    assert delete_objects(objects, control_plane.api) == []


def test_kind_before_its_definition_is_refused(control_plane):
    (found,) = apply_objects([obj("example.org/v1", "Thing", "thing", "default")], control_plane.api)
    assert found.message == "the server knows no Thing of example.org/v1 at this point"
    assert delete_objects([obj("example.org/v1", "Thing", "thing", "default")], control_plane.api) == []


def test_object_that_waits_for_somebody_is_left(control_plane, namespace):
    manifest = config_map(namespace)
    manifest["metadata"]["finalizers"] = ["example.org/never"]
    path = applied(control_plane.api, manifest)
    (found,) = delete_objects([manifest], control_plane.api, seconds=0.5)
    assert "it waits for example.org/never" in found.message
    body = {"metadata": {"finalizers": None}}
    control_plane.api.request("PATCH", path, body=body, form="application/merge-patch+json")


def test_pod_alone(ask, namespace):
    assert ask(pod(namespace)) == []
