"""The pack as the engine runs it: its own process, asked over the engine's protocol."""

import sys
from importlib.machinery import PathFinder
from pathlib import Path
from pkgutil import iter_modules

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from ruamel.yaml import YAML

from policies.rules import RULES

PACK = Path(__file__).parents[2] / "policies"


def analyze(analyzer, kind, properties):
    struct = struct_pb2.Struct()
    struct.update(properties)
    return analyzer.Analyze(
        analyzer_pb2.AnalyzeRequest(type=kind, properties=struct, urn=f"urn:pulumi:dev::p::{kind}::n", name="n")
    )


def test_pack_offers_every_rule(analyzer):
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    # What was there before, the engine does not tell.
    rules = [rule for rule in RULES if not rule.check_change]
    assert {rule.name for rule in RULES} - {rule.name for rule in rules} == {"models-are-retired-with-consent"}
    assert [policy.name for policy in info.policies] == [rule.name for rule in rules]
    for policy, rule in zip(info.policies, rules, strict=True):
        assert policy.description == rule.description
        assert policy.remediation_steps == rule.fix
        assert policy.url == (rule.url or "")
        assert analyzer_pb2.EnforcementLevel.Name(policy.enforcementLevel) == rule.level.name
        assert analyzer_pb2.PolicySeverity.Name(policy.severity).endswith(rule.severity.name)


def test_violation_reaches_the_engine_as_mandatory(analyzer):
    answer = analyze(analyzer, "kubernetes:core/v1:Namespace", {"metadata": {"name": "models"}})
    assert [(violation.policyName, violation.enforcementLevel) for violation in answer.diagnostics] == [
        ("namespace-has-pod-security-label", analyzer_pb2.MANDATORY)
    ]


def test_good_resource_has_no_violation(analyzer):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    assert not analyze(analyzer, "kubernetes:core/v1:Namespace", {"metadata": {"labels": labels}}).diagnostics


def test_a_resource_of_a_type_that_a_rule_is_not_for_has_no_violation(analyzer):
    assert not analyze(analyzer, "kubernetes:core/v1:Service", {"metadata": {"name": "models"}}).diagnostics


def test_pack_description_names_the_pack(analyzer):
    described = YAML(typ="safe", pure=True).load((PACK / "PulumiPolicy.yaml").read_text())
    assert described["name"] == analyzer.GetAnalyzerInfo(empty_pb2.Empty()).name


def test_no_module_of_the_pack_hides_another():
    # The engine runs the folder itself, which then comes first on the search path.
    others = [path for path in sys.path if Path(path or ".").resolve() != PACK]
    modules = [module.name for module in iter_modules([str(PACK)]) if module.name != "__main__"]
    assert "rules" in modules
    assert [name for name in modules if name in sys.stdlib_module_names or PathFinder.find_spec(name, others)] == []
