"""A project whose program creates components of AWS alone, and its stack in several variants."""

import copy
import textwrap
from pathlib import Path

from ruamel.yaml import YAML

from mlplatform.config import parse_settings
from mlplatform.review.engine.program import run_program

ROOT = Path(__file__).parents[3]
REGION, ACCOUNT, PREFIX = "eu-central-1", "123456789012", "mlplatform-test"
ZONES = [f"{REGION}a", f"{REGION}b", f"{REGION}c"]
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/mlplatform-deployer"
RELEASER = f"arn:aws:iam::{ACCOUNT}:user/jo"
READER = "arn:aws:iam::210987654321:role/mlplatform-dev-models"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
# What every program begins with.
BEGIN = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    import pulumi
    import pulumi_aws as aws
    from mlplatform.config import load_settings

    settings = load_settings()
    provider = aws.Provider(settings.aws.prefix, region=settings.aws.region)
    on_aws = pulumi.ResourceOptions(provider=provider)
"""
AWS = {
    "region": REGION,
    "accountId": ACCOUNT,
    "prefix": PREFIX,
    "tags": {"owner": "ml-platform", "costCentre": "4711"},
    "network": {"cidr": "10.40.0.0/16", "zones": ZONES[:2]},
    "nodeGroups": [{"name": "system", "kind": "system", "instanceTypes": ["m7i.large"], "minSize": 2, "maxSize": 3}],
}
STACK = {
    "cluster": {"kind": "eks", "kubernetesVersion": "1.36", "administrators": [DEPLOYER]},
    "registry": {"uri": "http://127.0.0.1:5500"},
    "aws": AWS,
}


def config(**changes):
    """Return a stack's configuration, top-level key -> plain data; ``aws`` is changed key by key."""
    own = {**copy.deepcopy(AWS), **changes.pop("aws", {})}
    return {**copy.deepcopy(STACK), **changes, "aws": own}


def settings_of(**changes):
    """Return the settings of a stack."""
    return parse_settings(config(**changes), file="Pulumi.case.yaml")


def result_of(folder, program, **changes):
    """Run the program of a stack, which goes on after :data:`BEGIN`."""
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(BEGIN) + textwrap.dedent(program))
    stack = {f"mlplatform:{key}": value for key, value in config(**changes).items()}
    document = {"config": {"pulumi:disable-default-providers": ["kubernetes", "aws"], **stack}}
    with (folder / "Pulumi.case.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(document, file)
    return run_program(Path(folder), "case")


def state_of(folder, program, **changes):
    """Return the desired state of such a stack."""
    return result_of(folder, program, **changes).state


def all_of(state, kind):
    """Return the resources of a type, ``Vpc``, by their names."""
    return {each.name: each for each in state.resources if each.custom and each.type.rpartition(":")[2] == kind}


def one(state, kind):
    """Return the only resource of a type."""
    (found,) = all_of(state, kind).values()
    return found
