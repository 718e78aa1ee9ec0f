"""The dev stack as it is committed, and the same stack in the other variants that the settings offer."""

import shutil
from pathlib import Path

from ruamel.yaml import YAML

from review.program import run_program
from review.state import StackState
from tests.platform.locks import lock_models

ROOT = Path(__file__).parents[2]
PREFIX = "mlplatform:"
# Nothing listens there.
NOBODY = "http://127.0.0.1:1"
# What makes a variant: dotted key -> value, None takes the key away.
VARIANTS = {
    "istio-knative": {},
    "istio-standard": {"kserve.mode": "Standard", "knative": None},
    "kourier-knative": {
        "istio": None,
        "ingress.class": "kourier",
        "mlflow.exposure": {"kind": "ingress", "host": "mlflow.example.org"},
    },
    "community-chart": {"mlflow.variant": "communityChart"},
    "ambient": {"istio.dataPlane": "ambient"},
    "production": {"environment": "production"},
    # Neither registry nor release store answers: everything comes from the lock files.
    "locked": {
        "environment": "production",
        "registry.uri": NOBODY,
        "registry.mode": "locked",
        "registry.verify": "whenReachable",
        "registry.retries": 0,
        "releaseStore": {"uri": "s3://model-releases/dev", "endpoint": NOBODY, "verify": "whenReachable"},
    },
    "s3-external": {
        "mlflow.artifacts": {
            "bucket": "mlplatform-artifacts",
            "access": "direct",
            "s3": {"region": "eu-central-1", "roleArn": "arn:aws:iam::123456789012:role/mlflow"},
        },
        "mlflow.database": {"kind": "external", "external": {"host": "db.example.org", "existingSecret": "mlflow-db"}},
        "training.0.roleArn": "arn:aws:iam::123456789012:role/training",
        "objectStore": {"region": "eu-central-1", "roleArn": "arn:aws:iam::123456789012:role/model-reader"},
    },
}


def project_with(folder: Path, changes: dict[str, object], registry_uri: str, *, stack: str = "dev") -> Path:
    """Make a project folder whose only stack is the committed dev stack with some keys changed."""
    yaml = YAML(typ="safe", pure=True)
    document = yaml.load((ROOT / "Pulumi.dev.yaml").read_text())
    config = document["config"]
    config[f"{PREFIX}registry"]["uri"] = registry_uri
    for key, value in changes.items():
        first, *rest = key.split(".")
        place, last = config, f"{PREFIX}{first}"
        for part in rest:
            place, last = place[last], int(part) if part.isdigit() else part
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    folder.mkdir(exist_ok=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    for room in ("settings", "registry", "components"):
        (folder / room).symlink_to(ROOT / room, target_is_directory=True)
    with (folder / f"Pulumi.{stack}.yaml").open("w") as file:
        yaml.dump(document, file)
    if config[f"{PREFIX}registry"]["mode"] == "locked":
        lock_models(folder, stack)
    return folder


def state_of(folder: Path, changes: dict[str, object], registry_uri: str) -> StackState:
    """Return the desired state of such a stack."""
    return run_program(project_with(folder, changes, registry_uri), "dev").state
