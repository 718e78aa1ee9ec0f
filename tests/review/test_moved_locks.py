"""The first sentence of a report where a lock was moved, rather than locked anew."""

import pytest

from mlplatform.review.render.words import conclusion
from mlplatform.review.report import compare
from tests.review.pairs import MODELS, facts, platform, served
from tests.review.states import state

OTHERS = tuple(facts(name) for name in ("sales", "wine", "churn"))


def stack(*models, elsewhere=None, mode="locked"):
    items = served(*models, *OTHERS, mode=mode)
    (shared,) = (item for item in items if item["urn"] == MODELS)
    shared["outputs"] |= {"aliasesElsewhere": elsewhere} if elsewhere else {}
    return state(platform(), items)


MOVED = "the lock of iris was moved to version"


@pytest.mark.parametrize(
    ("before", "after", "alias", "said"),
    [
        ("3", "1", "3", f"{MOVED} 1 (its alias is version 3), 1 model changes (1 back to an older version)"),
        ("3", "1", None, f"{MOVED} 1, 1 model changes (1 back to an older version)"),
        ("1", "2", "3", f"{MOVED} 2 (its alias is version 3), 1 model changes"),
        # Locked anew, as it should be; and an alias that moved, which ships nothing.
        ("1", "3", None, "1 model changes"),
        ("1", "1", "3", "nothing changes"),
        # Nobody knows what was locked before.
        (None, "1", "3", f"{MOVED} 1, or its alias champion to version 3, 1 model changes (1 new)"),
        (None, "1", None, "1 model changes (1 new)"),
    ],
)
def test_a_lock_that_was_moved(before, after, alias, said):
    old = stack(*([facts(version=before)] if before else []))
    report = compare(old, stack(facts(version=after), elsewhere={"iris": alias} if alias else None))
    assert conclusion(report).partition(", policies")[0].partition(", 2 policy")[0] == said


def test_without_any_state():
    report = compare(None, stack(facts(version="1"), elsewhere={"iris": "3"}))
    assert conclusion(report).startswith(
        f"{MOVED} 1, or its alias champion to version 3, nothing of this stack is known"
    )


def test_a_live_stack_has_no_locks():
    report = compare(stack(facts(version="3"), mode="live"), stack(facts(version="1"), mode="live"))
    assert "lock" not in conclusion(report).partition(", policies")[0]


def test_many_locks_that_were_moved():
    models = [[facts(f"m{index}", version) for index in range(9)] for version in ("3", "1")]
    text = conclusion(compare(*(stack(*side) for side in models)))
    assert text.count("was moved to version 1") == 5
    assert "4 more locks were moved" in text
