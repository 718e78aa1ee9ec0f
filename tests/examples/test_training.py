"""The example script runs as it is, told by the environment that its Job carries, against a real MLflow server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from components.training.environment import MlflowAccess
from components.training.manifests import training_manifest
from mlplatform.config.training import Training

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "training"
# Of the machine, not of MLflow.
KEPT = ("PATH", "LANG", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


def job(model, **changes):
    values = {
        "name": "wine-training",
        "namespace": "team-a",
        "image": "registry.example.org/ml/wine-training:1.0.0",
        "registeredModel": model,
        **changes,
    }
    return Training.model_validate(values)


def run(server, training, home):
    """Start the script as the kubelet would: the container's command line and environment, and nothing else."""
    manifest = training_manifest(training, MlflowAccess(tracking_uri=server), None)
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    variables = {}
    for variable in container["env"]:
        source = variable.get("valueFrom")
        assert source in (None, {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}})
        variables[variable["name"]] = variable["value"] if source is None else manifest["metadata"]["name"]
    assert variables["HOME"] == "/tmp"  # noqa: S108 - the pod's own
    machine = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        [sys.executable, str(EXAMPLE / "train.py"), *container.get("args", [])],
        env={**machine, **variables, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_registers_a_version_and_a_second_try_registers_no_other(server, client, tmp_path):
    training = job("wine-classifier", args=["--alias", "challenger"])
    first = run(server, training, tmp_path)
    assert first.returncode == 0, first.stderr
    number = first.stdout.splitlines()[-1]
    version = client.get_model_version("wine-classifier", number)
    found = client.get_run(version.run_id)
    assert found.data.metrics["accuracy"] > 0.9
    assert found.data.params["seed"] == "7"
    assert client.get_experiment(found.info.experiment_id).name == "wine-training"
    assert client.get_model_version_by_alias("wine-classifier", "challenger").version == version.version
    assert re.fullmatch(r"wine-training-[0-9a-f]{8}", version.tags["training.job"])

    second = run(server, training, tmp_path)
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[-1] == number
    assert len(client.search_model_versions("name='wine-classifier'")) == 1

    changed = run(server, job("wine-classifier", args=["--strength", "0.5"]), tmp_path)
    assert changed.returncode == 0, changed.stderr
    assert int(changed.stdout.splitlines()[-1]) == int(number) + 1


def test_logged_model_says_what_it_takes_and_what_it_needs(server, client, tmp_path, monkeypatch):
    number = run(server, job("wine-served"), tmp_path).stdout.splitlines()[-1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    source = client.get_model_version("wine-served", number).source
    info = mlflow.models.get_model_info(source)
    assert [column.name for column in info.signature.inputs][:2] == ["alcohol", "malic_acid"]
    assert info.saved_input_example_info["artifact_path"] == "input_example.json"
    needed = Path(mlflow.pyfunc.get_model_dependencies(source)).read_text().split()
    assert set(needed) == {line for line in (EXAMPLE / "requirements.txt").read_text().splitlines() if "==" in line}


def test_a_bad_model_is_logged_and_not_registered(server, client, tmp_path):
    done = run(server, job("wine-rejected", args=["--minimum-accuracy", "1.1"]), tmp_path)
    assert done.returncode == 3
    assert not client.search_model_versions("name='wine-rejected'")


@pytest.mark.parametrize("package", ["mlflow", "numpy", "pandas", "scikit-learn"])
def test_example_is_tried_with_the_versions_that_it_pins(package):
    pinned = re.search(rf"^{package}==(\S+)", (EXAMPLE / "requirements.txt").read_text(), re.MULTILINE).group(1)
    assert f"\n{package}=={pinned}" in (ROOT / "requirements.txt").read_text()


def test_image_runs_as_a_numbered_user_on_a_pinned_base():
    lines = (EXAMPLE / "Dockerfile").read_text().splitlines()
    (base,) = [line.removeprefix("FROM ") for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(r"\S+:\d+\.\d+\.\d+-\S+", base)
    (user,) = [line.removeprefix("USER ") for line in lines if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
