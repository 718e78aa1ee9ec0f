"""The whole pack on the states of the golden reports, which are shown by a few rules only."""

import pytest

from mlplatform.review.verdicts import judge
from policies.rules import RULES
from tests.review.aws_pairs import AWS_PAIRS
from tests.review.pairs import PAIRS

# Rule -> pairs whose new state violates it; what a rule is not listed with is good.
VIOLATED = {
    "container-resources-are-set": {"policy"},
    "production-is-locked": {"locked-to-live"},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_states_of_the_golden_reports(rule):
    pairs = {**PAIRS, **AWS_PAIRS}
    outcomes = {name: {verdict.outcome for verdict in judge(new, [rule])} for name, (_, new) in pairs.items()}
    violated = VIOLATED.get(rule.name, set())
    assert outcomes == {name: {"violated"} if name in violated else {"passed"} for name in pairs}
