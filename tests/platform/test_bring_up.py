"""What docs/journeys/bring-up-prod.md tells to write and to type holds for the prod stack as it is committed."""

import json
import re

import pytest
from ruamel.yaml import YAML

from components.aws.names import releaser_role, role_arn
from components.parts import istio_gateway
from mlplatform.config.load import check_stack_file, parse_settings
from mlplatform.config.stack_file import read_stack_file
from mlplatform.review.state.property_values import is_unknown
from tests.platform.stacks import NOBODY, PREFIX, ROOT, state_of

PAGE = (ROOT / "docs" / "journeys" / "bring-up-prod.md").read_text(encoding="utf-8")
SERVES = ("InferenceService", "SeldonDeployment")


def part(number):
    """Return the text of a numbered section."""
    return re.split(r"^## ", PAGE, flags=re.MULTILINE)[number]


def told(number):
    """Return the keys that a section tells to write into the stack file, without their prefix."""
    found = {}
    for block in re.findall(r"^```yaml\n(.*?)^```", part(number), flags=re.DOTALL | re.MULTILINE):
        found |= YAML(typ="safe", pure=True).load(block)
    return {key.removeprefix(PREFIX): value for key, value in found.items()}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first update: nothing but what the page says is changed, there are no locks, and no registry answers."""
    return state_of(tmp_path_factory.mktemp("first"), told(3), NOBODY, stack="prod")


def names_of(state, kind):
    return {each.name for each in state.resources if each.type.rpartition(":")[2] == kind}


def test_first_update_changes_one_key():
    assert told(3) == {"models": []}
    assert "git rm -r locks/prod" in part(3)
    assert sorted(path.stem for path in (ROOT / "locks" / "prod").iterdir()) == sorted(
        model.name for model in check_stack_file(ROOT, "prod").models
    )


def test_first_update_makes_all_but_models(first):
    assert not [name for kind in SERVES for name in names_of(first, kind)]
    kinds = {each.type for each in first.resources}
    assert {"aws:eks/cluster:Cluster", "aws:rds/instance:Instance", "kubernetes:apps/v1:Deployment"} <= kinds
    # Nobody reads models yet; who releases them can begin.
    assert not [name for name in names_of(first, "WorkloadRole") if name.endswith("-models")]
    assert {"mlplatform-prod-releases", "mlplatform-prod-artifacts"} <= names_of(first, "Bucket")


def test_roles_that_must_be_there_before_are_made_before(first):
    """AWS refuses a policy or an access entry that names a role that does not exist."""
    made = set(re.findall(r"aws iam create-role --role-name (\S+)", part(1)))
    named = {each.inputs["principalArn"] for each in first.resources if each.type == "aws:eks/accessEntry:AccessEntry"}
    for each in first.resources:
        if each.type == "aws:iam/role:Role" and not is_unknown(each.inputs["assumeRolePolicy"]):
            for statement in json.loads(each.inputs["assumeRolePolicy"])["Statement"]:
                named |= set(statement["Principal"].get("AWS", []))
    assert named == {f"arn:aws:iam::123456789012:role/{role}" for role in made}


def test_commands_name_what_is_there(first):
    commands = set(re.findall(r"kubectl -n (\S+) get (\S+) (\S+)", part(4)))
    assert {kind for _, kind, _ in commands} == {"service", "certificate", "secret"}
    types = {"service": "Release", "certificate": "Certificate", "secret": "Secret"}
    for namespace, kind, name in commands:
        found = [each.inputs for each in first.resources if each.type.rpartition(":")[2] == types[kind]]
        places = {
            (own["namespace"], own["name"]) for own in (each.get("metadata", each) for each in found) if "name" in own
        }
        assert (namespace, name) in places, (namespace, kind, name)


def test_one_record_is_enough_for_every_host():
    settings = check_stack_file(ROOT, "prod")
    assert f"`*.{settings.ingress.domain}`" in part(4)
    assert set(istio_gateway.gateway_hosts(settings)) == {settings.ingress.domain, f"*.{settings.ingress.domain}"}
    assert f"`{settings.mlflow.exposure.host}`" in part(4)


def test_models_are_then_locked_verified_and_released_by_the_role_of_the_page():
    committed = {
        key.removeprefix(PREFIX): value
        for key, value in read_stack_file(ROOT, "prod").config.items()
        if key.startswith(PREFIX)
    }
    settings = parse_settings({**committed, **told(5)}, file="Pulumi.prod.yaml")
    assert (settings.registry.mode, settings.registry.verify, settings.release_store.verify) == (
        "locked",
        "required",
        "required",
    )
    assert settings.registry.uri == f"https://{settings.mlflow.exposure.host}"
    assert f"profile.prod-releaser.role_arn {role_arn(settings.aws, releaser_role(settings.aws))} " in part(5)
