"""A stack with a real MLflow server behind it and a real S3 protocol before its release store."""

import contextlib
import copy
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from mlflow.entities import Metric, Param

from mlplatform.config.load import parse_settings
from mlplatform.config.problems import ProblemsError
from mlplatform.registry.lock.document import checksum
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.lock.locking import Locking
from mlplatform.registry.served import served_versions

MLMODEL = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1, pickled_model: model.pkl}
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}]'
  outputs: '[{"type": "long"}]'
  params: null
"""
FILES = {
    "MLmodel": MLMODEL.encode(),
    "requirements.txt": b"mlflow==3.17.2\nscikit-learn==1.9.1\n",
    "model.pkl": b"weights" * 100,
}


class Progress:
    """Keeps what it is told."""

    def __init__(self):
        self.lines, self.transfers, self.bytes = [], [], 0

    def say(self, line):
        self.lines.append(line)

    def begin(self, what, size):
        self.transfers.append((what, size))

    def advance(self, size):
        self.bytes += size

    def end(self):
        pass


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What stands behind a stack: ``registry`` and ``store`` are proxies before the servers."""

    registry: Any
    client: Any
    root: Path
    s3: Any
    store: Any


class World:
    """One stack ``prod`` in a folder of its own.

    ``register`` makes versions; ``lock`` and ``served`` work as the command and the program do. ``proxy`` stands before
    the registry, ``store`` before the release store.
    """

    def __init__(self, folder, servers, bucket=None):
        self.project, self.cache = folder / "project", folder / "cache"
        self.project.mkdir(parents=True)
        self.proxy, self.store, self.s3 = servers.registry, servers.store, servers.s3
        self.client, self.root = servers.client, servers.root
        self.bucket = bucket or self.s3.bucket()
        self.models, self.registry_settings, self.store_settings = [], {}, {}
        self.progress = Progress()

    def copy(self, folder, servers):
        """Return a stack with copies of this one's files; versions and releases are the same, and not to be changed."""
        made = World(folder, servers, self.bucket)
        made.name, made.version, made.models = self.name, self.version, copy.deepcopy(self.models)
        for before, after in ((self.project, made.project), (self.cache, made.cache)):
            shutil.copytree(before, after, dirs_exist_ok=True)
        return made

    def register(self, name, files=None, **metrics):
        """Log a model with its run, register it and move the alias ``champion`` to it; return its version."""
        version = register(self.client, name, files or FILES, **metrics)
        self.client.set_registered_model_alias(name, "champion", version.version)
        return version

    def deploy(self, name, registered_model, **pin):
        pin = pin or {"alias": "champion"}
        self.models.append(
            {"name": name, "registeredModel": registered_model, "serving": "kserve", "namespace": "models", **pin}
        )

    @property
    def store_uri(self):
        return f"s3://{self.bucket}/prod"

    def raw(self, mode="locked"):
        raw = {
            "cluster": {"kind": "existing", "context": "kind-case"},
            "registry": {
                "uri": self.proxy.uri,
                "mode": mode,
                "timeoutSeconds": 10,
                "retries": 0,
                **self.registry_settings,
            },
            "objectStore": {"existingSecret": "model-store"},
            "models": self.models,
        }
        if self.store_settings is not None:
            raw["releaseStore"] = {"uri": self.store_uri, "endpoint": self.store.endpoint, **self.store_settings}
        return raw

    def settings(self, mode="locked"):
        return parse_settings(self.raw(mode), file="Pulumi.prod.yaml")

    @property
    def folder(self):
        return LockFolder(project=self.project, stack="prod")

    def lock(self, *names, mode="locked"):
        return Locking(
            settings=self.settings(mode),
            folder=self.folder,
            file="Pulumi.prod.yaml",
            progress=self.progress,
            cache=self.cache,
        ).run(names)

    def served(self, mode="locked"):
        return served_versions(
            self.settings(mode), file="Pulumi.prod.yaml", stack="prod", project=self.project, cache_dir=self.cache
        )

    def refused(self, action=None):
        """Return the problems of what must fail, ``file: key`` -> message."""
        problems = self.problems(action)
        assert all("\n" not in problem.message for problem in problems)
        return {f"{problem.file}: {problem.key}": problem.message for problem in problems}

    def problems(self, action=None):
        with pytest.raises(ProblemsError) as caught:
            (action or self.served)()
        return caught.value.problems

    def text(self, name):
        return self.folder.path_of(name).read_text()

    def entry(self, name):
        return self.folder.read().locks[name].variants["default"]

    def edit(self, change, name="iris"):
        """Edit a lock as somebody would who knows of the checksum; ``change`` gets the variant."""
        document = yaml.safe_load(self.text(name))
        change(document["variants"]["default"])
        self.folder.path_of(name).write_text(yaml.safe_dump({**document, "checksum": checksum(document)}))

    def variant(self, name="iris"):
        """Return what a lock's file says of its one variant."""
        return yaml.safe_load(self.text(name))["variants"]["default"]

    def artifact(self, name="iris"):
        """Return where the server keeps the files of what a deployment is locked to."""
        below = self.entry(name).version.artifact_uri.removeprefix("mlflow-artifacts:/")
        return self.root / "artifacts" / below

    def key(self, path="", name="iris"):
        """Return the key of a file of a deployment's release."""
        return f"{self.entry(name).version.storage_uri.removeprefix(f's3://{self.bucket}/')}/{path}"

    def fetched(self):
        """Return the files that were downloaded from the registry so far."""
        files = (line.removeprefix("GET ") for line in self.proxy.requests if "/mlflow-artifacts/artifacts/" in line)
        return sorted(path.rpartition("/artifacts/")[2] for path in files)

    def forget(self):
        """Forget which requests there were."""
        self.proxy.requests.clear()
        self.store.requests.clear()


def register(client, name, files, **metrics):
    """Log a model with its run and register it, as MLflow 3 does; return its version."""
    with contextlib.suppress(Exception):
        # Another worker of these tests may have made it.
        client.create_experiment("locks")
    identity = client.get_experiment_by_name("locks").experiment_id
    run = client.create_run(identity, tags={"mlflow.user": "ada"})
    logged = client.create_logged_model(identity, name="model", source_run_id=run.info.run_id, params={"depth": "4"})
    now = int(time.time() * 1000)
    measured = {"accuracy": 0.9, **metrics}
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(key, value, now, 0, model_id=logged.model_id) for key, value in measured.items()],
        params=[Param("C", "1.0")],
    )
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        client.log_model_artifacts(logged.model_id, folder)
    client.finalize_logged_model(logged.model_id, "READY")
    client.set_terminated(run.info.run_id)
    with contextlib.suppress(Exception):
        client.create_registered_model(name)
    return client.create_model_version(
        name, f"models:/{logged.model_id}", run_id=run.info.run_id, model_id=logged.model_id
    )
