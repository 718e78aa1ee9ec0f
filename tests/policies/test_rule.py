"""What a rule is made of: the types it is for, the object the engine takes, and how a pack finds it."""

import sys

import pytest
from pulumi_policy import EnforcementLevel, Severity

from policies.discovery import find_rules
from policies.rule import Rule
from tests.policies.judging import violations

MODULE = """
from pulumi_policy import EnforcementLevel, Severity
from policies.rule import Rule
RULE = Rule(
    name="{name}", description="d.", reason="r.", source="s", fix="f.", severity=Severity.LOW,
    level=EnforcementLevel.MANDATORY, resource_types=("*",), check=lambda args: [],
)
"""


def rule(**changes):
    described = {
        "name": "a-rule", "description": "It holds.", "reason": "It matters.", "source": "A guide",
        "url": "https://example.org/guide", "fix": "Mend it.", "severity": Severity.HIGH,
        "level": EnforcementLevel.ADVISORY, "resource_types": ("kubernetes:core/*:Pod", "aws:s3/*"),
        "excluded_types": ("aws:s3/bucketAcl:*",), "check": lambda _args: ["no"],
    }  # fmt: skip
    return Rule(**described | changes)


@pytest.mark.parametrize(
    ("resource_type", "judged"),
    [
        ("kubernetes:core/v1:Pod", True),
        ("kubernetes:core/v1:PodList", False),
        ("KUBERNETES:core/v1:Pod", False),
        ("aws:s3/bucket:Bucket", True),
        ("aws:s3/bucketAcl:BucketAcl", False),
        ("other:aws:s3/bucket:Bucket", False),
    ],
)
def test_a_rule_sees_the_types_that_it_is_for(resource_type, judged):
    assert rule().is_for(resource_type) is judged
    assert violations(resource_type, {}, rules=[rule()]) == [("a-rule", "no")] * judged


def test_the_engine_gets_all_that_it_can_show():
    policy = rule().policy()
    assert (policy.name, policy.description, policy.enforcement_level) == (
        "a-rule", "It holds.", EnforcementLevel.ADVISORY,
    )  # fmt: skip
    assert (policy.severity, policy.remediation_steps, policy.url) == (
        Severity.HIGH, "Mend it.", "https://example.org/guide",
    )  # fmt: skip


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "some_rules"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return folder


def test_rules_are_found_and_put_in_order(package):
    for file, name in (("first", "z-rule"), ("second", "a-rule")):
        (package / f"{file}.py").write_text(MODULE.format(name=name))
    (package / "notes.md").write_text("no module")
    assert [rule.name for rule in find_rules("some_rules", [str(package)])] == ["a-rule", "z-rule"]


@pytest.mark.parametrize("content", ["", "RULE = None\n"])
def test_a_module_without_a_rule_is_an_error(package, content):
    (package / "helper.py").write_text(content)
    with pytest.raises(TypeError, match=r"some_rules\.helper holds no rule"):
        find_rules("some_rules", [str(package)])
