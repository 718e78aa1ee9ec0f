"""The dev and the prod stack as they are committed, and both in the other variants that the settings offer."""

import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mlplatform.review.engine.program import run_program
from mlplatform.review.state.resources import StackState
from tests.platform.locks import lock_models

ROOT = Path(__file__).parents[2]
PREFIX = "mlplatform:"
# Nothing listens there.
NOBODY = "http://127.0.0.1:1"
# What makes a variant of dev: dotted key -> value, None takes the key away.
DEV = {
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
# Of prod, which is locked: neither registry nor release store answers there either.
PROD = {
    "prod": {"registry.uri": NOBODY, "registry.verify": "whenReachable", "registry.retries": 0},
    # The same parts chosen otherwise: the database in the cluster with backups, models by alias, no gateway of a mesh.
    "prod-live": {
        "environment": "development",
        "aws.network.natGateways": "single",
        "cluster.publicEndpoint": None,
        "certManager": {"issuer": {"kind": "selfSigned"}},
        "mlflow.database": {"kind": "cloudNativePg", "backup": {"retentionDays": 7}},
        "mlflow.exposure": None,
        "mlflow.artifacts.access": "direct",
        "istio": None,
        "ingress.class": "kourier",
        "ingress.sourceRanges": None,
        "ingress.internal": True,
        "mlflow.serviceType": "LoadBalancer",
        "mlflow.loadBalancerSourceRanges": ["10.0.0.0/8"],
        "registry.mode": "live",
        "releaseStore": None,
        "aws.buckets": None,
    },
    # A network, buckets and a key that somebody else made.
    "prod-existing": {
        "registry.uri": NOBODY,
        "registry.verify": "whenReachable",
        "registry.retries": 0,
        "aws.network.cidr": None,
        "aws.network.zones": None,
        "aws.network.existing": {
            "vpcId": "vpc-0123456789abcdef0",
            "privateSubnets": {f"eu-central-1{zone}": f"subnet-0123456789abcde{zone}0" for zone in "abc"},
        },
        "aws.keys": {"existing": "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"},
        "aws.buckets": {"artifacts": {"existing": "their-artifacts"}, "releases": {"existing": "their-releases"}},
        "registry.artifactStores": {"mlflow-artifacts:/": "s3://their-artifacts/mlflow/"},
        "releaseStore.uri": "s3://their-releases/prod",
        "mlflow.variant": "communityChart",
    },
}
VARIANTS = DEV | PROD


def project_with(
    folder: Path, changes: dict[str, object], registry_uri: str, *, stack: str = "dev", locks: Path | None = None
) -> Path:
    """Make a project folder whose only stack is a committed one with some keys changed.

    Args:
        folder: of the project.
        changes: see :func:`change`.
        registry_uri: address of the registry.
        stack: name of the stack.
        locks: the stack's lock files; without, a locked stack gets some that are written by hand.

    """
    yaml = YAML(typ="safe", pure=True)
    document = yaml.load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    config = document["config"]
    config[f"{PREFIX}registry"]["uri"] = registry_uri
    change(config, changes)
    folder.mkdir(exist_ok=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    for room in ("components", "mlplatform"):
        (folder / room).symlink_to(ROOT / room, target_is_directory=True)
    with (folder / f"Pulumi.{stack}.yaml").open("w") as file:
        yaml.dump(document, file)
    if locks:
        shutil.copytree(locks, folder / "locks" / stack)
    elif config[f"{PREFIX}registry"]["mode"] == "locked":
        lock_models(folder, stack)
    return folder


def change(config: dict[str, Any], changes: dict[str, object]) -> None:
    """Change keys of a stack's configuration: dotted key -> value, ``None`` takes the key away."""
    for key, value in changes.items():
        first, *rest = key.split(".")
        place, last = config, f"{PREFIX}{first}"
        for part in rest:
            place, last = place[last], int(part) if part.isdigit() else part
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value


def state_of(folder: Path, changes: dict[str, object], registry_uri: str, *, stack: str = "dev") -> StackState:
    """Return the desired state of such a stack."""
    return run_program(project_with(folder, changes, registry_uri, stack=stack), stack).state
