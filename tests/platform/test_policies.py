"""The policy pack on the stacks as they are committed: its verdicts, and that there are the types its rules are for."""

import json
import re
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

import pytest

from mlplatform.review.state.property_values import contains_unknown
from mlplatform.review.verdicts import judge
from policies.rules import RULES
from tests.platform.stacks import PROD, VARIANTS

SDKS = ("pulumi_aws", "pulumi_kubernetes")


@pytest.mark.parametrize("variant", VARIANTS)
def test_policy_pack_passes_on_every_variant(variant, state_of_variant):
    state = state_of_variant(variant)
    verdicts = judge(state)
    assert not any(verdict.refuses for verdict in verdicts)
    # A production stack that follows aliases is told so.
    advice = {"production-is-locked"} if variant == "production" else set()
    assert {verdict.policy for verdict in verdicts if verdict.outcome == "violated"} == advice
    undecided = {verdict.urn for verdict in verdicts if verdict.outcome == "undecided"}
    # What AWS has to say first: ARNs of roles and keys, the database's host, the cluster's issuer.
    assert bool(undecided) is (variant in PROD)
    assert all(contains_unknown(state.by_urn[urn].inputs) for urn in undecided)


def tokens(sdk):
    """Return the type tokens that an SDK registers, without importing all of it."""
    text = Path(find_spec(sdk).origin).read_text()
    (modules,) = re.findall(r'resource_modules="""\n(.*?)"""', text, re.DOTALL)
    return {token for module in json.loads(modules) for token in module["classes"]}


@pytest.fixture(scope="module")
def known_types(state_of_variant):
    """The types of the SDKs, and those of dev and prod: components, custom resources."""
    stacks = (state_of_variant(variant) for variant in ("istio-knative", "prod"))
    made = {resource.type for state in stacks for resource in state.resources}
    return made.union(*map(tokens, SDKS))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_for_types_that_there_are(rule, known_types):
    patterns = (*rule.resource_types, *rule.excluded_types)
    assert rule.resource_types
    unknown = [pattern for pattern in patterns if not any(fnmatchcase(token, pattern) for token in known_types)]
    assert unknown == []
    assert any(map(rule.is_for, known_types))
