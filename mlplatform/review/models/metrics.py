"""Metrics before and after: how much, which way is better, and so whether it got better. Pure.

A direction is configured, or known by the metric's name (:mod:`.models.metric_names`), or not known; it is never
guessed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Literal, cast

from mlplatform.review.models.change import MetricChange
from mlplatform.review.models.metric_names import ABOUT, AFTER, BEFORE, HIGHER, HIGHER_ENDS, LOWER, LOWER_ENDS, NEITHER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.review.models.change import Direction, Outcome

# Two runs of the same training agree to about 12 digits, and to 15 places around zero; what lies below is noise of the
# floating point, not a result.
_SAME_RELATIVE = 1e-12
_SAME_ABSOLUTE = 1e-15
# How MLflow's special floats stand in a state, which is JSON.
_TEXTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# A version of a metric's definition, as MLflow's evaluators write it: rouge1/v1/mean.
_VERSION = re.compile(r"v\d+")


def compare_metrics(
    old: Mapping[str, float | str], new: Mapping[str, float | str], *, directions: Mapping[str, str]
) -> tuple[MetricChange, ...]:
    """Return every metric of either side by name, those that stay the same too.

    Args:
        old: name -> value before, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"`` where JSON has no number.
        new: likewise, after.
        directions: see :func:`direction`.

    """
    return tuple(
        _compare(name, old.get(name), new.get(name), direction(name, directions)) for name in sorted({*old, *new})
    )


def direction(name: str, directions: Mapping[str, str]) -> Direction | None:
    """Return which way a metric is better, ``None`` where nobody said and its name does not tell.

    Args:
        name: as the run logged it.
        directions: what the stack configures, name -> ``higher``, ``lower`` or ``neutral``. The exact name wins; else a
            configured ``wape`` also covers ``val_wape`` and ``test_wape``.

    """
    core = _core(name)
    for configured in (name, _joined(name), core):
        if (known := directions.get(configured)) in {"higher", "lower", "neutral"}:
            return cast("Direction", known)
    return _known(name)


def _known(name: str) -> Literal["higher", "lower"] | None:
    words = _words(name)
    negated = words[:1] == ["neg"]
    # scikit-learn's scorers: neg_log_loss is better when it is higher.
    core = "_".join(_stripped(words[1:] if negated else words))
    known = _by_core(core)
    if negated and known:
        return "lower" if known == "higher" else "higher"
    return known


def _by_core(core: str) -> Literal["higher", "lower"] | None:
    if core in NEITHER:
        return None
    if core in HIGHER:
        return "higher"
    if core in LOWER:
        return "lower"
    words = core.split("_")
    if ABOUT.intersection(words[:-1]) - {"max"}:
        return None
    ends = {words[-1], "_".join(words[-2:])}
    if ends & LOWER_ENDS:
        return "lower"
    return "higher" if ends & HIGHER_ENDS else None


def _core(name: str) -> str:
    """Return the name of what is measured: ``accuracy`` of ``val_accuracy_score``, ``ndcg`` of ``test/NDCG@10``."""
    return "_".join(_stripped(_words(name)))


def _joined(name: str) -> str:
    return "_".join(_words(name))


def _words(name: str) -> list[str]:
    """Return the words of a name in lower case: ``valid_0-binary_logloss``, ``valLoss`` and ``P@10`` alike."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[a-z0-9]+", spaced.lower())


def _stripped(words: list[str]) -> list[str]:
    """Drop what says whose value it is, unless nothing or another metric would be left (``average_precision``)."""
    while len(words) > 1 and not _is_metric(words):
        if words[0] in BEFORE or words[0].isdigit():
            words = words[1:]
        elif words[-1] in AFTER or words[-1].isdigit() or _VERSION.fullmatch(words[-1]):
            words = words[:-1]
        else:
            break
    return words


def _is_metric(words: list[str]) -> bool:
    core = "_".join(words)
    return core in HIGHER or core in LOWER or core in NEITHER


def _compare(name: str, old: float | str | None, new: float | str | None, way: Direction | None) -> MetricChange:
    outcome: Outcome
    difference = None
    if old is None or new is None:
        outcome = "added" if old is None else "removed"
    else:
        was, now = number(old), number(new)
        if was is None or now is None:
            outcome = "same" if old == new else "changed"
        else:
            outcome = _outcome(was, now, way)
            if math.isfinite(now - was):
                difference = 0.0 if outcome == "same" else now - was
    return MetricChange(name=name, old=old, new=new, difference=difference, direction=way, outcome=outcome)


def _outcome(old: float, new: float, way: Direction | None) -> Outcome:
    if _same(old, new):
        return "same"
    if way is None or way == "neutral":
        return "changed"
    if math.isnan(old) or math.isnan(new):
        # Not a number is no result at all, whichever way is better.
        return "better" if math.isnan(old) else "worse"
    return "better" if (new > old) == (way == "higher") else "worse"


def _same(old: float, new: float) -> bool:
    if math.isnan(old) or math.isnan(new):
        return math.isnan(old) and math.isnan(new)
    return math.isclose(old, new, rel_tol=_SAME_RELATIVE, abs_tol=_SAME_ABSOLUTE)


def number(value: Any) -> float | None:
    """Return a metric's value as a float, ``None`` for what is no number."""
    if isinstance(value, str):
        return _TEXTS.get(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
