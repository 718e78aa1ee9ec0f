"""Most of a stack's models go only by consent."""

import pytest

from mlplatform.cli.exit_codes import ExitCode, exit_code
from mlplatform.review.render.words import conclusion
from mlplatform.review.report import compare
from mlplatform.review.state.resources import renamed
from policies.rules.models_are_retired_with_consent import RULE
from tests.review.pairs import MODELS, facts, platform, served
from tests.review.states import state


def stack(*names, consent=()):
    items = served(*(facts(name, "1") for name in names))
    (shared,) = (item for item in items if item["urn"] == MODELS)
    shared["inputs"] |= {"retiredModels": list(consent)} if consent else {}
    return state(platform(), items)


def verdict(before, after):
    report = compare(before, after, [RULE])
    (only,) = report.verdicts
    assert report.refused is (only.outcome == "violated")
    return only


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ("abc", "", "every model"),
        ("a", "", "every model"),
        ("abc", "a", "2 of 3 models"),
        ("abc", "axyz", "2 of 3 models"),
        ("abcd", "ab", None),
        ("abcd", "abcd", None),
        ("", "ab", None),
        ("", "", None),
    ],
)
def test_who_is_retired(before, after, share):
    found = verdict(stack(*before), stack(*after))
    assert (found.outcome == "violated") is (share is not None)
    if share:
        assert found.message.startswith(
            f"retires {share} of the stack; where that is meant, name them in retiredModels"
        )


@pytest.mark.parametrize(
    ("consent", "missing"), [(("a", "b", "c"), ""), (("a", "c", "z"), "b"), (("x",), "a, b, c"), ((), "a, b, c")]
)
def test_consent_names_each_of_them(consent, missing):
    found = verdict(stack("a", "b", "c"), stack(consent=consent))
    assert found.outcome == ("violated" if missing else "passed")
    assert not missing or found.message.endswith(f"retiredModels: {missing}")


def test_a_long_list_is_shortened():
    names = [f"m{number:02}" for number in range(20)]
    assert verdict(stack(*names), stack()).message.endswith("m06, m07 and 12 more")


def test_the_report_says_so_and_ends_as_a_policy_does():
    report = compare(stack("a", "b"), stack())
    assert conclusion(report) == "2 models change (2 retired), 1 policy violation (1 MANDATORY)"
    assert exit_code(report, differences_matter=False) is ExitCode.POLICY


def test_nothing_is_retired_of_another_stack_or_of_nothing():
    other = renamed(stack("a", "b"), stack="prod", project="mlplatform")
    assert verdict(other, stack("c")).outcome == "passed"
    assert verdict(None, stack("c")).outcome == "passed"
