"""Settings reference and JSON Schema of stack files are those of the models, and the schema tells right from wrong.

``UPDATE_GOLDEN=1`` writes both anew.
"""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mlplatform.config.models import Settings
from mlplatform.config.reference import reference_markdown, stack_schema
from mlplatform.config.schema import fields_of, models_at

ROOT = Path(__file__).parents[2]
HAPPY = sorted((Path(__file__).parent / "files" / "happy").glob("*.yaml"))
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))
FIRST_LINE = "# yaml-language-server: $schema=mlplatform/config/stack.schema.json\n"
SCHEMA = ROOT / "mlplatform" / "config" / "stack.schema.json"


VALIDATOR = Draft202012Validator(stack_schema())


def faults(text):
    document = YAML(typ="safe", pure=True).load(text)
    # As JSON has it: keys are texts, and dates, which YAML makes of some texts, are none of its values.
    document = json.loads(json.dumps(document, default=str))
    return [error.message for error in VALIDATOR.iter_errors(document)]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (SCHEMA, json.dumps(stack_schema(), indent=2) + "\n"),
        (ROOT / "docs" / "settings-reference.md", reference_markdown()),
    ],
    ids=["schema", "reference"],
)
def test_the_committed_file_is_that_of_the_models(file, text):
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert file.read_text() == text


def test_the_schema_is_one():
    Draft202012Validator.check_schema(stack_schema())


@pytest.mark.parametrize("file", [*HAPPY, *STACKS], ids=lambda file: file.stem)
def test_what_the_settings_take_the_schema_takes(file):
    assert faults(file.read_text()) == []


def test_editors_find_the_schema():
    for file in STACKS:
        assert file.read_text().startswith(FIRST_LINE), file
    assert SCHEMA.is_file()


CASE = """
config:
  pulumi:disable-default-providers: [kubernetes]
  mlplatform:cluster: {kind: existing, context: dev}
  mlplatform:registry: {uri: "http://127.0.0.1:5500"}
  mlplatform:models: [{name: iris, registeredModel: iris, alias: champion, serving: kserve, namespace: models}]
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("mlplatform:models", "mlplatform:model"),
        ("alias:", "allias:"),
        ("serving: kserve", "serving: kserv"),
        ("kind: existing", "kind: existent"),
        ("namespace: models", "namespace: [models]"),
        ("alias: champion", "alias: champion, minReplicas: many"),
        ("  mlplatform:registry: ", "  other:registry: "),
        ('uri: "http', 'password: hunter2, uri: "http'),
    ],
)
def test_a_mistake_shows_in_the_editor(right, wrong):
    assert faults(CASE) == []
    assert right in CASE
    assert faults(CASE.replace(right, wrong))


def test_a_secure_value_and_other_numbers_are_taken():
    assert faults(CASE.replace('uri: "http', 'username: ci, password: {secure: v1:abc}, uri: "http')) == []
    numbers = "alias: champion, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}"
    assert faults(CASE.replace("alias: champion", numbers)) == []
    assert faults(CASE.replace("alias: champion", "version: 3")) == []


def keys(path=()):
    for model in models_at(path):
        for name, info in fields_of(model):
            here = (*path, name)
            yield here, info
            yield from keys(here)


def test_every_key_says_what_it_means():
    missing = [".".join(path) for path, info in keys() if not info.description]
    assert not missing
    reference = reference_markdown()
    unnamed = [
        path for path, _ in keys() if f"| `{path[-1]}` |" not in reference and f"`mlplatform:{path[0]}" not in reference
    ]
    assert not unnamed
    assert len(Settings.model_fields) > 10
