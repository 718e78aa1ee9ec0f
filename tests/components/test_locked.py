"""What a stack with locked models says of them: to the engine, to reports and to policies."""

import pytest

from mlplatform.review.engine.program import run_program
from mlplatform.review.verdicts import judge
from tests.programs import PROGRAM, write_project

HEX = "a" * 64
STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  mlplatform:environment: production
  mlplatform:cluster: {kind: existing, context: kind-case}
  mlplatform:registry: {uri: "http://127.0.0.1:5500", mode: locked}
  mlplatform:releaseStore: {uri: "s3://model-releases/prod"}
  mlplatform:metricDirections: {latency: lower, epochs: neutral}
  mlplatform:models:
    - {name: iris, registeredModel: iris, alias: champion, serving: kserve, namespace: models}
"""
SERVED = "served=ServedVersions(versions=versions)"
LOCKED = 'served=ServedVersions(versions=versions, mode="locked", unverified=("why not",), notices=("it moved",))'
DIGEST = f'created_at=0, digest="sha256:{HEX}",'


def result(folder, *, released):
    program = PROGRAM.replace(SERVED, LOCKED).replace("created_at=0,", DIGEST)
    if released:
        program = program.replace("s3://models/{{model.name}}", f"s3://model-releases/prod/iris/sha256-{HEX}")
    assert LOCKED in program
    write_project(folder, program=program, case=STACK)
    return run_program(folder, "case")


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    return result(tmp_path_factory.mktemp("locked"), released=True)


def of_type(state, name):
    (found,) = [resource for resource in state.resources if resource.type == f"mlplatform:serving:{name}"]
    return found


def test_the_component_of_the_models_says_how_far_they_were_verified(locked):
    models = of_type(locked.state, "ModelDeployments")
    assert models.inputs == {
        "environment": "production",
        "registry": {"mode": "locked", "trackingUri": "http://127.0.0.1:5500", "verified": False},
        "metricDirections": {"epochs": "neutral", "latency": "lower"},
    }
    # What changes with the moment is no input: it would be a change of the stack.
    assert models.outputs["unverified"] == ["why not"]
    assert models.outputs["notices"] == ["it moved"]


def test_what_was_not_verified_is_warned_of(locked):
    said = [message.text for message in locked.messages if message.severity == "warning"]
    assert said == ["UNVERIFIED: why not", "it moved"]


def test_the_policy_pack_judges_where_a_locked_model_lies(locked, tmp_path):
    def violated(state):
        return {verdict.policy for verdict in judge(state) if verdict.outcome != "passed"}

    assert of_type(locked.state, "ModelDeployment").inputs["locked"] is True
    assert violated(locked.state) == set()
    assert violated(result(tmp_path, released=False).state) == {"locked-model-is-a-release"}
