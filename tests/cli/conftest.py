"""A project folder with stacks of its own, and the command line as a user runs it: in another process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_port, sample_registry

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dead_uri():
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def registry_uri(tmp_path_factory):
    with sample_registry(tmp_path_factory.mktemp("cli")) as uri:
        yield uri


@pytest.fixture(scope="session")
def move_alias(registry_uri):
    def move(model, alias, version):
        from mlflow import MlflowClient  # noqa: PLC0415 - two seconds that only some tests need

        MlflowClient(registry_uri).set_registered_model_alias(model, alias, version)

    return move


class Project:
    """A folder with the real program, and stacks made up by a test."""

    def __init__(self, folder, uri):
        self.folder, self.uri = folder, uri
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
        return subprocess.run(
            [sys.executable, "-m", "mlplatform", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path, request):
    """A project; its stacks use the shared registry if the test asks for ``registry_uri``."""
    uri = request.getfixturevalue("registry_uri") if "registry_uri" in request.fixturenames else None
    return Project(tmp_path, uri or "http://127.0.0.1:9")
