"""Locks of a stack's models, written by hand: what a locked stack is made of where no registry and no store answer."""

from pathlib import Path

from mlplatform.config.load import check_stack_file
from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts import ModelFacts
from mlplatform.registry.lock.entry import DEFAULT, DeploymentLock, LockEntry
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.release import release_uri

# Of moments, no one: the facts of a lock stay what they are.
REGISTERED_AT = 1_760_000_000_000


def lock_models(project: Path, stack: str) -> None:
    """Write a lock for every model of a stack, all of one file."""
    settings = check_stack_file(project, stack)
    folder = LockFolder(project=project, stack=stack)
    for number, model in enumerate(settings.models):
        files = (FileDigest(path="MLmodel", size=number, sha256=f"{number:064x}"),)
        digest = artifact_digest(files)
        version = ModelFacts(
            registered_model=model.registered_model,
            version="3",
            alias=model.alias,
            model_id=f"m-{number:032x}",
            run_id=f"{number:032x}",
            experiment_id="1",
            source=f"models:/m-{number:032x}",
            artifact_uri=f"mlflow-artifacts:/1/models/m-{number:032x}/artifacts",
            storage_uri=release_uri(settings.release_store.uri, model.registered_model, digest),
            flavors={"python_function": {}, "sklearn": {"sklearn_version": "1.9.1"}},
            signature={"inputs": [{"name": "x", "type": "double"}], "outputs": [{"type": "long"}]},
            requirements=("scikit-learn==1.9.1",),
            metrics={"accuracy": 0.9},
            created_at=REGISTERED_AT,
            created_by="jo",
            digest=digest,
            size=number,
        )
        entry = LockEntry(version=version, files=files)
        folder.write(DeploymentLock(stack=stack, deployment=model.name, variants={DEFAULT: entry}))
