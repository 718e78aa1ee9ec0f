"""What a program is told of resources that exist: documents that it computes from it are compared for real."""

import json

import pytest

from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.text import render
from mlplatform.review.report import compare
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.property_values import UNKNOWN_SECRET_TEXT, contains_unknown
from tests.review.states import SECRET, UNKNOWN, parse_document

PROGRAM = """
import json
import pulumi

class Thing(pulumi.CustomResource):
    arn: pulumi.Output[str]
    password: pulumi.Output[str]
    def __init__(self, name, type_, props, **options):
        super().__init__(type_, name, {{"arn": None, "password": None, **props}}, pulumi.ResourceOptions(**options))

provider = pulumi.ProviderResource("aws", "aws", {{"region": "eu-central-1"}})
key = Thing("key", "aws:kms/key:Key", {{"description": "{description}", "tags": {{"Owner": "ml"}}}}, provider=provider)
document = key.arn.apply(lambda arn: json.dumps({{"Action": ["{action}"], "Resource": arn}}))
Thing("rights", "aws:iam/policy:Policy", {{"policy": document, "keyId": key.id}}, provider=provider)
template = Thing("nodes", "aws:ec2/launchTemplate:LaunchTemplate", {{"description": "{nodes}"}}, provider=provider)
Thing("secret", "aws:ssm/parameter:Parameter", {{"value": key.password}}, provider=provider)
"""
AS_IT_IS = {"action": "kms:Decrypt", "description": "models", "nodes": "three"}
ARN = "arn:aws:kms:eu-central-1:123456789012:key/6a1c"


def program(**changes):
    return PROGRAM.format(**{**AS_IT_IS, **changes})


@pytest.fixture
def exported(offline):
    """The stack as the engine exports it: with ids, answers and what the provider fills in."""
    document = export_document(offline.state(program()))
    known = {
        "key": {"id": "6a1c", "outputs": {"arn": ARN, "password": SECRET, "__meta": "{}"}},
        "rights": {"id": "arn:rights", "outputs": {"arn": "arn:rights"}},
        "nodes": {"id": "lt-1", "outputs": {"latestVersion": 3}},
        "secret": {"id": "parameter", "outputs": {}},
    }
    for item in document["deployment"]["resources"]:
        item.update(known.get(item["urn"].rpartition("::")[2], {}))
        if item["urn"].endswith("::secret"):
            item["inputs"]["value"] = SECRET
        if item["urn"].endswith("::rights"):
            text = json.dumps({"Action": ["kms:Decrypt"], "Resource": ARN})
            item["inputs"] |= {"policy": text, "keyId": "6a1c", "__defaults": [], "tagsAll": {}}
    return document


def previewed(offline, exported, text):
    old = parse_document(exported, file="export")
    return old, offline.state(text, known=exported)


def operations(old, new):
    return {found.name: found.op for found in diff_states(old, new) if found.op != "same"}


def test_a_stack_that_stays_is_known(offline, exported):
    old, new = previewed(offline, exported, program())
    assert operations(old, new) == {}
    rights = next(each for each in new.resources if each.name == "rights")
    assert json.loads(rights.inputs["policy"]) == {"Action": ["kms:Decrypt"], "Resource": ARN}
    assert [found.assumed + found.unseen for found in diff_states(old, new) if found.assumed or found.unseen] == []


@pytest.mark.parametrize("more", [{}, {"description": "models and data"}])
def test_a_document_that_changes_is_seen_whatever_else_changes_in_place(offline, exported, more):
    old, new = previewed(offline, exported, program(action="kms:*", **more))
    assert operations(old, new) == {"rights": "update", **({"key": "update"} if more else {})}
    (found,) = [found for found in diff_states(old, new) if found.name == "rights"]
    (change,) = found.changes
    assert json.loads(change.new) == {"Action": ["kms:*"], "Resource": ARN}


def test_the_answers_of_what_is_replaced_are_not_known(offline, exported):
    text = program().replace('"tags"', '"keyUsage": "SIGN_VERIFY", "tags"')
    old, new = previewed(offline, exported, text)
    assert operations(old, new) == {"key": "replace", "rights": "update", "secret": "update"}
    rights = next(each for each in new.resources if each.name == "rights")
    assert rights.inputs["policy"] == rights.inputs["keyId"] == UNKNOWN


def test_a_secret_answer_stays_secret_and_unknown(offline, exported):
    _, new = previewed(offline, exported, program())
    value = next(each for each in new.resources if each.name == "secret").inputs["value"]
    assert value["ciphertext"] == UNKNOWN_SECRET_TEXT
    assert contains_unknown(value)


def test_without_answers_documents_are_said_to_be_unknown(offline, exported):
    for item in exported["deployment"]["resources"]:
        item.pop("outputs", None)
    old, new = previewed(offline, exported, program(action="kms:*"))
    assert operations(old, new) == {}
    (found,) = [found for found in diff_states(old, new) if found.unseen]
    assert (found.name, found.unseen, found.assumed) == ("rights", ("policy",), ("keyId",))
    report = compare(old, new)
    shown = "\n".join(line.text for line in render(report))
    assert "Whether 1 document of rights and settings on AWS changes is not known before the update: rights." in shown
    assert "aws:iam:Policy rights policy: [unknown] until the update, not compared" in shown
    (entry,) = [each for each in report_document(report)["resources"] if each["name"] == "rights"]
    assert entry["diff"] == [{"path": "policy", "old": None, "new": "[unknown, not compared]"}]


def test_documents_unknown_on_both_sides_are_said_to_be_unknown(offline):
    old, new = offline.state(program()), offline.state(program(action="kms:*"))
    assert [(found.name, found.unseen) for found in diff_states(old, new) if found.unseen] == [("rights", ("policy",))]


def test_a_state_under_another_name_is_known_too(offline, exported):
    new = offline.state(program(), known=exported, stack="prod")
    assert operations(parse_document(exported, file="export"), new) == {}
    assert json.loads(next(each for each in new.resources if each.name == "rights").inputs["policy"])["Resource"] == ARN
