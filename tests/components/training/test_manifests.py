"""Golden jobs, and what must hold for every one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kubernetes.object_stores import ObjectStore, StoreKeys
from components.training.environment import MlflowAccess, MlflowUser, environment, own_secret
from components.training.manifests import training_manifest
from mlplatform.config.rules.training import STACK_VARIABLES
from mlplatform.config.training import Training
from tests.golden import assert_golden

HERE = Path(__file__).parent
ACCESS = MlflowAccess(tracking_uri="http://mlflow.mlflow.svc:5000")
EVERYTHING = MlflowAccess(
    tracking_uri="http://mlflow.mlflow.svc:5000",
    registry_uri="https://registry.example.org",
    user=MlflowUser(username="training", password="hunter2"),
    artifact_store=ObjectStore(
        endpoint="http://minio.mlflow.svc:9000",
        keys=StoreKeys(access_key_id="writer", secret_access_key="hunter2"),
    ),
)
REQUIRED = {
    "name": "wine",
    "namespace": "team-a",
    "image": "registry.example.org/ml/wine-training:1.0.0",
    "registeredModel": "wine-classifier",
}


def job(**changes):
    return Training.model_validate({**REQUIRED, **changes})


def pod_spec(manifest):
    spec = manifest["spec"]
    return (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]["spec"]


def test_job():
    assert_golden(HERE, "job", training_manifest(job(), ACCESS, None))


def test_cron_job_with_everything():
    training = job(
        schedule="0 2 * * *",
        timeZone="Europe/Berlin",
        concurrency="Replace",
        successfulHistory=1,
        failedHistory=0,
        retries=0,
        deadlineSeconds=3600,
        command=["python", "/app/train.py"],
        args=["--alias", "challenger"],
        experiment="wine",
        requests={"cpu": 2, "memory": "4Gi"},
        limits={"memory": "8Gi", "nvidia.com/gpu": 1},
        env={"EPOCHS": "10"},
    )
    assert_golden(HERE, "cron-job", training_manifest(training, EVERYTHING, "sidecar"))


def test_a_changed_job_is_another_one_and_an_unchanged_one_is_not():
    first, again = (training_manifest(job(), ACCESS, None)["metadata"]["name"] for _ in range(2))
    assert first == again
    for changes in ({"image": "registry.example.org/ml/wine-training:1.0.1"}, {"args": ["-v"]}, {"retries": 0}):
        assert training_manifest(job(**changes), ACCESS, None)["metadata"]["name"] != first


def test_an_update_does_not_wait_for_a_training_and_never_repeats_one():
    manifest = training_manifest(job(), ACCESS, None)
    assert manifest["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    assert "ttlSecondsAfterFinished" not in manifest["spec"]


def test_a_sidecar_ends_with_the_training():
    template = training_manifest(job(), ACCESS, "sidecar")["spec"]["template"]
    assert template["metadata"]["annotations"] == {"sidecar.istio.io/nativeSidecar": "true"}
    assert "annotations" not in training_manifest(job(), ACCESS, "ambient")["spec"]["template"]["metadata"]


def limits_of(training):
    (container,) = pod_spec(training_manifest(training, ACCESS, None))["containers"]
    return container["resources"]["limits"]


def test_cpu_without_a_limit_is_held_to_its_request_and_not_to_a_teams_default():
    assert limits_of(job(requests={"cpu": 4})) == {"cpu": "4", "memory": "4Gi"}
    assert limits_of(job(requests={"cpu": 4}, limits={"cpu": 8})) == {"cpu": "8", "memory": "4Gi"}
    assert limits_of(job(requests={"memory": "1Gi"}, limits={"memory": "1Gi"})) == {"cpu": "1", "memory": "1Gi"}


def test_a_gpu_needs_a_node_that_has_one():
    gpu = job(limits={"memory": "4Gi", "nvidia.com/gpu": 1})
    assert pod_spec(training_manifest(gpu, ACCESS, None))["tolerations"][0]["key"] == "nvidia.com/gpu"


@given(
    name=st.text("abcdefghij-", min_size=1, max_size=51).map(lambda text: f"a{text}".rstrip("-")),
    schedule=st.none() | st.just("0 2 * * *"),
    retries=st.integers(0, 9),
)
def test_names_fit_and_pods_are_restricted(name, schedule, retries):
    manifest = training_manifest(job(name=name, schedule=schedule, retries=retries), ACCESS, "sidecar")
    assert len(manifest["metadata"]["name"]) <= (52 if schedule else 63)
    spec = pod_spec(manifest)
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert spec["automountServiceAccountToken"] is False
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]  # noqa: S108 - the pod's own


@pytest.mark.parametrize("access", [ACCESS, EVERYTHING])
def test_credentials_are_references(access):
    for variable in environment(job(env={"EPOCHS": "1"}), access):
        assert "hunter2" not in str(variable)
        if variable["name"].endswith(("PASSWORD", "USERNAME", "KEY", "KEY_ID")):
            assert variable["valueFrom"]["secretKeyRef"]["name"] == "wine-mlflow"


def test_the_stack_makes_a_secret_of_what_it_knows():
    assert own_secret(job(), ACCESS) == {}
    assert set(own_secret(job(), EVERYTHING)) == {
        "username",
        "password",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    assert set(own_secret(job(storeSecret="keys"), EVERYTHING)) == {"username", "password"}


def test_a_job_may_keep_its_own_credentials():
    own = job(credentialsSecret="user", storeSecret="keys")
    assert own_secret(own, EVERYTHING) == {}
    named = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for variable in environment(own, EVERYTHING)
        if "secretKeyRef" in variable.get("valueFrom", {})
    }
    assert named["MLFLOW_TRACKING_PASSWORD"] == {"name": "user", "key": "password"}
    assert named["AWS_ACCESS_KEY_ID"] == {"name": "keys", "key": "AWS_ACCESS_KEY_ID"}


def test_the_settings_know_which_variables_the_stack_sets():
    assert {variable["name"] for variable in environment(job(), EVERYTHING)} == STACK_VARIABLES
