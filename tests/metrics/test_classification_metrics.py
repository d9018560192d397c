"""Metrics of whole images, and calibration."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from truemask.metrics import ClassificationMetrics
from truemask.types import IGNORE, BadInput, Problem, Task

FOUR = Problem(Task.CLASSIFICATION, ("a", "b", "c", "d"))


def drawn(seed: int = 0, n: int = 400) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, n)
    logits = rng.normal(size=(n, 4)) + 1.5 * np.eye(4)[truth]
    probs = np.exp(logits)
    return (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32), truth


def counted(probs: NDArray[np.float32], truth: NDArray[np.int64]) -> ClassificationMetrics:
    metrics = ClassificationMetrics(FOUR)
    for p, t in zip(probs, truth, strict=True):
        metrics.update(p, int(t))
    return metrics


def test_scores_are_those_of_sklearn():
    probs, truth = drawn()
    values = counted(probs, truth).compute()
    assert values["accuracy"] == pytest.approx((probs.argmax(axis=1) == truth).mean())
    assert values["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, probs.argmax(axis=1)))
    areas = [roc_auc_score(truth == c, probs[:, c]) for c in range(4)]
    assert values["mauc"] == pytest.approx(np.mean(areas), abs=1e-3)
    assert values["recall/b"] == pytest.approx((probs.argmax(axis=1)[truth == 1] == 1).mean())


def test_calibration_error_is_its_formula_in_float64():
    probs, truth = drawn(1)
    confidence, right = probs.max(axis=1).astype(np.float64), probs.argmax(axis=1) == truth
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [
        abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins)
    ]
    assert counted(probs, truth).compute()["ece"] == pytest.approx(sum(gaps), abs=1e-7)


def test_a_calibrated_guesser_has_little_calibration_error():
    rng = np.random.default_rng(2)
    probs = rng.dirichlet(np.ones(4), 4000).astype(np.float32)
    truth = np.array([rng.choice(4, p=p / p.sum()) for p in probs.astype(np.float64)])
    assert counted(probs, truth).compute()["ece"] < 0.05


def test_a_boaster_has_as_much_calibration_error_as_it_has_errors():
    sure = np.tile(np.array([1, 0, 0, 0], np.float32), (10, 1))
    assert counted(sure, np.array([0] * 7 + [1] * 3)).compute()["ece"] == pytest.approx(0.3)


def test_ignored_images_take_no_part():
    probs, truth = drawn()
    more = np.concatenate([probs, probs[:9]])
    padded = np.concatenate([truth, np.full(9, IGNORE)])
    assert counted(more, padded).compute() == counted(probs, truth).compute()


def test_a_single_class_present_has_no_roc_area():
    values = counted(*(x[:1] for x in drawn())).compute()
    assert math.isnan(values["mauc"])
    assert values["accuracy"] in (0.0, 1.0)


def test_two_parts_merged_equal_the_whole_bit_by_bit():
    probs, truth = drawn()
    first, second = counted(probs[:123], truth[:123]), counted(probs[123:], truth[123:])
    second.merge(first)
    assert second.compute() == counted(probs, truth).compute()


def test_what_cannot_be_counted_is_refused():
    metrics = ClassificationMetrics(FOUR)
    with pytest.raises(BadInput, match=r"0..3 .* got 4"):
        metrics.update(np.full(4, 0.25, np.float32), 4)
    with pytest.raises(BadInput, match="probabilities"):
        metrics.update(np.array([5, -1, 2, 0], np.float32), 0)
    with pytest.raises(BadInput, match="3 probabilities for a problem of 4"):
        metrics.update(np.full(3, 1 / 3, np.float32), 0)
    with pytest.raises(BadInput, match="same problem"):
        metrics.merge(ClassificationMetrics(Problem(Task.CLASSIFICATION, ("a", "b"))))
