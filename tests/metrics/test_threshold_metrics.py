"""All thresholds at once: bins, ROC area and the oracle threshold, against sorting every probability."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from truemask.metrics import ClassificationMetrics, SemanticMetrics, thresholds
from truemask.types import IGNORE, Problem, Task

BINARY = Problem(Task.SEMANTIC, ("nothing", "cell"), background=0)


def histogram(probs: NDArray[np.float32], truth: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.zeros((2, thresholds.BINS), np.int64)
    thresholds.count(probs, truth, 1, counts)
    return counts


def bin_of(probability: float) -> int:
    return int(histogram(np.array([probability], np.float32), np.ones(1, np.uint8))[1].argmax())


def saturated(seed: int, n: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Probabilities as a trained network gives them: most near 0 or 1, some exactly there."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n).astype(np.uint8)
    logits = 9 * rng.normal(size=n) + 6 * (2.0 * truth - 1)
    return (1 / (1 + np.exp(-logits))).astype(np.float32), truth


def test_every_bin_begins_at_its_lowest_probability():
    lowest = thresholds.lowest()
    assert len(lowest) == thresholds.BINS
    assert (np.diff(lowest) >= 0).all()
    for index in [1, 2, 777, 5887, 5888, 5889, 7000, 9000]:
        assert bin_of(lowest[index]) == index
        assert bin_of(np.nextafter(lowest[index], np.float32(0))) == index - 1
    assert bin_of(lowest[-1]) == thresholds.BINS - 1


def test_one_half_is_a_threshold():
    assert np.float32(0.5) in thresholds.lowest()


def test_bins_hold_the_ends_and_what_rounding_left_beyond_them():
    assert bin_of(0.0) == 0
    assert bin_of(1.0) == thresholds.BINS - 1
    assert bin_of(1.0000001) == thresholds.BINS - 1


@pytest.mark.parametrize("seed", range(3))
def test_auc_is_sklearns_within_the_stated_error(seed: int):
    probs, truth = saturated(seed, 3000)
    area, error = thresholds.auc(histogram(probs, truth))
    assert abs(area - roc_auc_score(truth, probs)) <= error + 1e-12
    assert error < 2e-3


def test_auc_counts_ties_half():
    area, error = thresholds.auc(
        histogram(np.full(10, 0.3, np.float32), (np.arange(10) % 2).astype(np.uint8))
    )
    assert (area, error) == (0.5, 0.5)


def test_auc_needs_both_kinds():
    area, error = thresholds.auc(histogram(np.full(4, 0.3, np.float32), np.ones(4, np.uint8)))
    assert math.isnan(area)
    assert math.isnan(error)


def test_auc_leaves_ignore_out():
    probs, truth = saturated(0, 500)
    padded = np.concatenate([truth, np.full(100, IGNORE, np.uint8)])
    filler = np.random.default_rng(5).random(100).astype(np.float32)
    assert (histogram(np.concatenate([probs, filler]), padded) == histogram(probs, truth)).all()


def plain_best_dice(probs: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
    return max(
        2 * ((probs >= t) & (truth == 1)).sum() / ((probs >= t).sum() + (truth == 1).sum())
        for t in np.unique(probs)
    )


@pytest.mark.parametrize("seed", range(3))
def test_oracle_dice_is_the_best_over_all_thresholds(seed: int):
    probs, truth = saturated(seed, 400)
    metrics = SemanticMetrics(BINARY)
    planes = np.stack([1 - probs, probs]).reshape(2, 20, 20)
    metrics.update(planes, truth.reshape(20, 20))
    values = metrics.compute()
    best = plain_best_dice(probs, truth)
    assert values["dice_dataset_oracle"] == pytest.approx(best, abs=3e-3)
    assert values["dice_dataset_oracle"] <= best + 1e-12
    at = values["dice_dataset_oracle_threshold"]
    called = probs >= np.float32(at)
    realised = 2 * (called & (truth == 1)).sum() / (called.sum() + (truth == 1).sum())
    assert values["dice_dataset_oracle"] == pytest.approx(realised, rel=1e-12)
    assert values["iou_dataset_oracle"] == pytest.approx(realised / (2 - realised), rel=1e-12)
    assert values["dice_per_image_oracle"] == pytest.approx(values["dice_dataset_oracle"], abs=1e-9)


def test_per_image_oracle_takes_one_threshold_for_all_images():
    dim = np.array([[0.1, 0.1, 0.3, 0.3]], np.float32)
    bright = np.array([[0.6, 0.6, 0.9, 0.9]], np.float32)
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    metrics = SemanticMetrics(BINARY)
    for probs in (dim, bright):
        metrics.update(np.stack([1 - probs, probs]), truth)
    values = metrics.compute()
    # Above .3 the dim image is lost (Dice 0 and 1), at most .3 the bright one is all foreground (1 and 2/3).
    assert values["dice_per_image_oracle"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-9)
    assert 0.1 < values["dice_per_image_oracle_threshold"] <= 0.3
    assert values["dice_dataset_oracle"] == pytest.approx(2 * 4 / (6 + 4))
    assert values["dice_per_image"] == pytest.approx((0 + 2 / 3) / 2)


def test_the_best_threshold_of_equals_is_the_one_nearest_one_half():
    curve = np.full(thresholds.BINS, 0.7)
    assert thresholds.best(curve) == (0.7, 0.5)


def test_classification_auc_is_that_of_the_positive_class():
    probs, truth = saturated(1, 300)
    metrics = ClassificationMetrics(Problem(Task.CLASSIFICATION, ("no", "yes")))
    for p, t in zip(probs, truth, strict=True):
        metrics.update(np.array([1 - p, p], np.float32), int(t))
    values = metrics.compute()
    assert values["auc"] == pytest.approx(roc_auc_score(truth, probs), abs=values["auc_error"] + 1e-12)
