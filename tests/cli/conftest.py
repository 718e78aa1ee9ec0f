"""A project folder with stacks of its own, and the command line as a user runs it: in another process."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests import warm

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def registry_client(registry_uri):
    from mlflow import MlflowClient  # noqa: PLC0415 - two seconds that only some tests need

    return MlflowClient(registry_uri)


@pytest.fixture
def movable(registry_client):
    """A registered model of one test, with the versions and the alias of the sample: one may move it."""
    name = f"iris-{uuid.uuid4().hex[:8]}"
    registry_client.create_registered_model(name)
    for number in ("1", "2", "3"):
        sample = registry_client.get_model_version("iris-classifier", number)
        model_id = sample.source.removeprefix("models:/")
        registry_client.create_model_version(name, sample.source, sample.run_id, model_id=model_id)
    registry_client.set_registered_model_alias(name, "champion", "3")
    return name


@pytest.fixture
def move_alias(registry_client, movable):
    """Return a function that moves the alias ``champion`` of the test's own model."""
    return lambda version: registry_client.set_registered_model_alias(movable, "champion", version)


class Project:
    """A folder with the real program, and stacks made up by a test.

    Commands run in processes of their own; in new ones, with all that Python does at its start, if they are ``cold``.
    """

    def __init__(self, folder, uri, *, cold=False):
        self.folder, self.uri, self.cold = folder, uri, cold
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, folder)
        for room in ("components", "mlplatform"):
            (folder / room).symlink_to(ROOT / room, target_is_directory=True)

    def write(self, stack="case", text=None, *, uri=None, models="", store="{}"):
        if text is None:
            text = (
                "config:\n"
                "  pulumi:disable-default-providers: [kubernetes, aws]\n"
                "  mlplatform:cluster: {kind: existing, context: kind-case}\n"
                "  mlplatform:registry:\n"
                f"    uri: {uri or self.uri}\n"
                '    artifactStores: {"mlflow-artifacts:/": "s3://case-models/"}\n'
                f"  mlplatform:objectStore: {store}\n"
                f"  mlplatform:models: {models or '[]'}\n"
            )
        (self.folder / f"Pulumi.{stack}.yaml").write_text(text)

    def run(self, *arguments, **variables):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        command = [sys.executable, "-m", "mlplatform", *arguments]
        start = subprocess.run if self.cold else warm.run
        return start(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path, request):
    """A project; its stacks use the shared registry if the test asks for ``registry_uri``."""
    uri = request.getfixturevalue("registry_uri") if "registry_uri" in request.fixturenames else None
    return Project(tmp_path, uri or "http://127.0.0.1:9")
