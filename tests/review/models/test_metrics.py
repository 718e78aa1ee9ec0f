import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.review.models.metric_names import HIGHER, HIGHER_ENDS, LOWER, LOWER_ENDS
from mlplatform.review.models.metrics import compare_metrics, direction

KNOWN = {
    "higher": "accuracy val_accuracy training_accuracy_score valAccuracy test/accuracy top_5_accuracy f1 test_f1_macro "
    "f1_score_weighted f1-score precision@5 recall_at_10 NDCG@10 mAP map@50 ROC-AUC roc_auc_ovr valid-auc "
    "average_precision r2 val_r2_score training_r2_score best_cv_score mean_test_score neg_mean_squared_error "
    "explained_variance_score churn_recall class_1_f1 rouge1/v1/mean exact_match/v1 test_auc_mean",
    "lower": "loss val_loss valLoss log_loss valid_0-binary_logloss eval-mlogloss validation_0-rmse RMSE price_rmse "
    "mean_squared_error root_mean_squared_error mean_absolute_percentage_error max_error median_absolute_error error "
    "brier_score_loss accuracy_loss hinge_loss perplexity false_negatives latency_p95_ms p99_latency mean_latency_ms "
    "mae@30 neg_accuracy",
    None: "epoch learning_rate rows n_samples training_time score_std std_test_score accuracy_std std_accuracy "
    "rank_test_score accuracy_threshold target_accuracy loss_reduction mean_error val_mean_error anomaly_score "
    "baseline_rmse accuracy_drop f macro @ 10 negative",
}


@pytest.mark.parametrize(("name", "way"), [(name, way) for way, names in KNOWN.items() for name in names.split()])
def test_a_direction_is_known_by_the_name_or_not_at_all(name, way):
    assert direction(name, {}) == way


def test_an_empty_name_has_no_direction():
    assert direction("", {}) is None


def test_no_name_is_known_for_both_directions():
    assert not HIGHER & LOWER
    assert not HIGHER_ENDS & LOWER_ENDS


@pytest.mark.parametrize("way", ["higher", "lower", "neutral"])
def test_a_configured_direction_wins(way):
    assert direction("accuracy", {"accuracy": way}) == way
    assert direction("coverage", {"coverage": way}) == way
    # Also on other data and averaged, but not the other way round.
    assert direction("val_coverage@10", {"coverage": way}) == way
    assert direction("accuracy", {"val_accuracy": way}) == "higher"
    assert direction("val_accuracy", {"accuracy": "neutral", "val_accuracy": way}) == way
    assert direction("Val-Coverage", {"val_coverage": way}) == way


def test_what_is_no_direction_is_not_taken_for_one():
    assert direction("coverage", {"coverage": "up"}) is None


def one(old, new, way=None):
    found = compare_metrics({"x": old}, {"x": new}, directions={"x": way} if way else {})
    return found[0].outcome, found[0].difference


@pytest.mark.parametrize(
    ("old", "new", "way", "outcome", "difference"),
    [
        (0.5, 0.75, "higher", "better", 0.25),
        (0.5, 0.75, "lower", "worse", 0.25),
        (0.75, 0.5, "higher", "worse", -0.25),
        (0.5, 0.75, "neutral", "changed", 0.25),
        (0.5, 0.75, None, "changed", 0.25),
        (0.5, 0.5, "higher", "same", 0.0),
        (1, 1.0, "higher", "same", 0.0),
        (0.1 + 0.2, 0.3, "higher", "same", 0.0),
        (1e9, 1e9 + 1e-4, "lower", "same", 0.0),
        (0.9, 0.9 + 1e-11, "higher", "better", 1e-11),
        (0.0, 1e-17, "lower", "same", 0.0),
        (1e-9, 2e-9, "lower", "worse", 1e-9),
        ("NaN", "NaN", "higher", "same", None),
        (0.5, "NaN", "higher", "worse", None),
        (0.5, "NaN", "lower", "worse", None),
        ("NaN", 0.5, "lower", "better", None),
        (0.5, "NaN", None, "changed", None),
        (0.5, "Infinity", "lower", "worse", None),
        (0.5, "-Infinity", "lower", "better", None),
        ("Infinity", "Infinity", "lower", "same", None),
        ("Infinity", "-Infinity", "higher", "worse", None),
        (-sys.float_info.max, sys.float_info.max, "higher", "better", None),
        ("n/a", "n/a", "higher", "same", None),
        ("n/a", 1.0, "higher", "changed", None),
    ],
)
def test_outcomes(old, new, way, outcome, difference):
    found = one(old, new, way)
    assert found[0] == outcome
    assert found[1] == pytest.approx(difference)


def test_metrics_come_and_go_without_being_judged():
    found = compare_metrics({"loss": 1.0, "mae": 2.0}, {"mae": 2.0, "auc": 0.5}, directions={})
    assert [(metric.name, metric.outcome, metric.difference) for metric in found] == [
        ("auc", "added", None),
        ("loss", "removed", None),
        ("mae", "same", 0.0),
    ]


values = st.floats() | st.integers(-(10**400), 10**400) | st.sampled_from(["NaN", "Infinity", "-Infinity", "text"])
sides = st.dictionaries(
    st.sampled_from(["accuracy", "loss", "rows", "val_f1"]) | st.text(max_size=6), values, max_size=4
)
OPPOSITE = {"better": "worse", "worse": "better", "added": "removed", "removed": "added"}


@given(sides, sides, st.dictionaries(st.text(max_size=6), st.sampled_from(["higher", "lower", "neutral"])))
def test_the_other_way_round_is_the_opposite(old, new, directions):
    forth = compare_metrics(old, new, directions=directions)
    back = compare_metrics(new, old, directions=directions)
    for there, here in zip(forth, back, strict=True):
        assert here.outcome == OPPOSITE.get(there.outcome, there.outcome)
        assert here.direction == there.direction
        assert (here.difference is None) == (there.difference is None)
        assert there.difference is None or there.difference == -here.difference
        assert there.difference is None or math.isfinite(there.difference)


@given(sides)
def test_equal_sides_are_the_same(side):
    assert all(metric.outcome == "same" for metric in compare_metrics(side, dict(side), directions={}))
