"""How far the served versions were verified, as a state tells it."""

import pytest

from mlplatform.review.diff.engine_preview import EnginePreview
from mlplatform.review.verification import log_lines, verification
from tests.review.pairs import MODELS, TRACKING, facts, served
from tests.review.states import SECRET, UNKNOWN, entry, state


def test_a_locked_stack_that_was_verified():
    found = verification(state(served(facts(), directions={"latency": "lower", "odd": "sideways"})))
    assert (found.mode, found.verified, found.reasons, found.notices) == ("locked", True, (), ())
    assert found.tracking_uri == TRACKING
    assert found.directions == {"latency": "lower"}


def test_reasons_and_notices_are_told():
    found = verification(state(served(facts(), unverified=["a", "b", "a"], notices=["c"])))
    assert (found.verified, found.reasons, found.notices) == (False, ("a", "b"), ("c",))


def test_a_state_without_models_tells_nothing():
    found = verification(state())
    assert (found.mode, found.verified, found.reasons, found.notices) == (None, None, (), ())


def test_a_state_that_was_not_verified_and_does_not_say_why_still_is_not():
    shared = entry(MODELS, {"registry": {"mode": "locked", "verified": False}}, custom=False)
    assert verification(state(shared)).reasons == ("the state says so and gives no reason",)
    told = entry(
        MODELS, {"registry": {"mode": "locked", "verified": True}}, custom=False, outputs={"unverified": ["x"]}
    )
    assert verification(state(told)).verified is False


@pytest.mark.parametrize(
    "inputs",
    [
        {"registry": SECRET}, {"registry": UNKNOWN}, {"registry": ["x"]}, {"registry": {"mode": 3, "verified": "yes"}},
        {"registry": {"trackingUri": UNKNOWN}, "metricDirections": [1]}, {"metricDirections": {"a": {}}}, {},
    ],
)  # fmt: skip
def test_odd_states_tell_nothing(inputs):
    shared = entry(MODELS, inputs, custom=False, outputs={"unverified": UNKNOWN, "notices": [3, "", UNKNOWN]})
    found = verification(state(shared))
    assert (found.mode, found.verified, found.reasons, found.notices) == (None, None, (), ())
    assert found.tracking_uri is None
    assert not found.directions


def test_the_log_of_an_engines_preview_counts_and_not_the_outputs_of_before():
    old = state(served(facts(), notices=["of yesterday"]))
    preview = EnginePreview(
        file="x", stack="dev", project="mlplatform", steps=(), unlisted=0, unverified=("a",), notices=("b",)
    )
    found = verification(old, preview)
    assert (found.verified, found.reasons, found.notices) == (False, ("a",), ("b",))


def test_the_log_lines_of_a_state_are_its_reasons_and_notices():
    shared = entry(MODELS, {}, custom=False, outputs={"unverified": ["down"], "notices": ["moved"]})
    assert log_lines(state(shared)) == {"UNVERIFIED: down", "moved"}
    assert log_lines(state()) == frozenset()
