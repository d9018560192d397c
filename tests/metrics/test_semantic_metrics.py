"""Metrics of label maps: against plain float64 formulas, at the edges, and in parts."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from truemask.metrics import METRICS, SemanticMetrics, meaning, metrics_for
from truemask.types import IGNORE, BadInput, Problem, Task

THREE = Problem(Task.SEMANTIC, ("ground", "car", "tree"))
BINARY = Problem(Task.SEMANTIC, ("nothing", "cell"), background=0)
Image = tuple[NDArray[np.float32], NDArray[np.uint8]]


def probabilities(rng: np.random.Generator, k: int, *size: int) -> NDArray[np.float32]:
    logits = 2 * rng.normal(size=(k, *size))
    probs = np.exp(logits - logits.max(axis=0))
    return (probs / probs.sum(axis=0)).astype(np.float32)


def images(k: int, *, seed: int = 0, count: int = 5) -> list[Image]:
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(count):
        size = tuple(rng.integers(7, 23, 2))
        truth = rng.integers(0, k, size).astype(np.uint8)
        truth[rng.random(size) < 0.2] = IGNORE
        drawn.append((probabilities(rng, k, *size), truth))
    return drawn


def computed(problem: Problem, drawn: list[Image]) -> dict[str, float]:
    metrics = SemanticMetrics(problem)
    for probs, truth in drawn:
        metrics.update(probs, truth)
    return metrics.compute()


def one_hot(labels: NDArray[np.uint8], k: int) -> NDArray[np.float32]:
    return (labels == np.arange(k)[:, None, None]).astype(np.float32)


def plain_overlaps(drawn: list[Image], k: int) -> list[tuple[float, float]]:
    """(IoU, Dice) of each class over the pooled pixels of `drawn`, class by class from sets of pixels."""
    predicted = np.concatenate([probs.argmax(axis=0)[truth != IGNORE] for probs, truth in drawn])
    true = np.concatenate([truth[truth != IGNORE] for _, truth in drawn])
    overlaps = []
    for c in range(k):
        both, either = ((predicted == c) & (true == c)).sum(), ((predicted == c) | (true == c)).sum()
        sizes = (predicted == c).sum() + (true == c).sum()
        overlaps.append((both / either if either else math.nan, 2 * both / sizes if sizes else math.nan))
    return overlaps


def test_scores_are_those_of_a_plain_count_of_pixels():
    drawn = images(3)
    values = computed(THREE, drawn)
    pooled = np.array(plain_overlaps(drawn, 3))
    assert values["miou_dataset"] == pytest.approx(pooled[:, 0].mean(), rel=1e-12)
    assert values["mdice_dataset"] == pytest.approx(pooled[:, 1].mean(), rel=1e-12)
    assert values["iou_dataset/car"] == pytest.approx(pooled[1, 0], rel=1e-12)
    assert values["dice_dataset/tree"] == pytest.approx(pooled[2, 1], rel=1e-12)
    single = np.array([np.nanmean(plain_overlaps([image], 3), axis=0) for image in drawn])
    assert values["miou_per_image"] == pytest.approx(single[:, 0].mean(), rel=1e-12)
    assert values["mdice_per_image"] == pytest.approx(single[:, 1].mean(), rel=1e-12)
    right = sum(int((p.argmax(axis=0) == t)[t != IGNORE].sum()) for p, t in drawn)
    assert values["accuracy"] == pytest.approx(right / sum(int((t != IGNORE).sum()) for _, t in drawn))


def test_pooling_and_averaging_over_images_are_two_numbers():
    truth = np.zeros((1, 10), np.uint8)
    truth[0, :8] = 1
    none, half = np.zeros((1, 10), np.uint8), np.zeros((1, 10), np.uint8)
    half[0, :4] = 1
    truth_small = np.zeros((1, 10), np.uint8)
    truth_small[0, 9] = 1
    values = computed(BINARY, [(one_hot(half, 2), truth), (one_hot(none, 2), truth_small)])
    assert values["dice_dataset"] == pytest.approx(2 * 4 / (4 + 9))
    assert values["dice_per_image"] == pytest.approx((2 * 4 / 12 + 0) / 2)
    assert values["iou_dataset"] == pytest.approx(4 / 9)
    assert values["iou_per_image"] == pytest.approx((4 / 8 + 0) / 2)


def test_a_perfect_prediction_scores_one_everywhere():
    truth = np.zeros((12, 12), np.uint8)
    truth[3:8, 4:9] = 1
    values = computed(BINARY, [(one_hot(truth, 2), truth)])
    assert values.pop("ece") == 0
    assert values.pop("auc_error") == 0
    thresholds = [values.pop(name) for name in list(values) if name.endswith("threshold")]
    assert all(0 < threshold <= 1 for threshold in thresholds)
    assert set(values.values()) == {1.0}


def test_what_is_predicted_under_ignore_changes_nothing():
    drawn = images(2)
    values = computed(BINARY, drawn)
    rng = np.random.default_rng(1)
    flipped = [
        (np.where(truth == IGNORE, probabilities(rng, 2, *truth.shape), probs), truth)
        for probs, truth in drawn
    ]
    without_borders = {name for name in values if not name.startswith("boundary")}
    assert {n: computed(BINARY, flipped)[n] for n in without_borders} == {
        n: values[n] for n in without_borders
    }


def test_an_image_of_nothing_but_ignore_leaves_all_numbers_alone():
    drawn = images(2)
    empty = (drawn[0][0], np.full(drawn[0][1].shape, IGNORE, np.uint8))
    assert computed(BINARY, [*drawn, empty]) == computed(BINARY, drawn)
    assert all(math.isnan(value) for value in computed(BINARY, [empty]).values())


def test_without_images_everything_is_undefined():
    assert all(math.isnan(value) for value in computed(BINARY, []).values())


def test_a_class_that_is_neither_there_nor_predicted_is_left_out_of_the_mean():
    truth = np.zeros((4, 6), np.uint8)
    truth[:, 3:] = 1
    values = computed(THREE, [(one_hot(truth, 3), truth)])
    assert math.isnan(values["iou_dataset/tree"])
    assert values["miou_dataset"] == 1.0
    assert values["miou_per_image"] == 1.0


def test_an_empty_image_rightly_left_empty_has_no_dice_of_its_own():
    empty = np.zeros((5, 5), np.uint8)
    values = computed(BINARY, [(one_hot(empty, 2), empty)])
    assert math.isnan(values["dice_per_image"])
    assert math.isnan(values["auc"])
    assert values["accuracy"] == 1.0


@pytest.mark.parametrize("problem", [BINARY, THREE])
@pytest.mark.parametrize("cut", [0, 2, 5])
def test_two_parts_merged_equal_the_whole_bit_by_bit(problem: Problem, cut: int):
    drawn = images(problem.num_classes)
    whole = computed(problem, drawn)
    parts = [SemanticMetrics(problem), SemanticMetrics(problem)]
    for row, (probs, truth) in enumerate(drawn):
        parts[row < cut].update(probs, truth)
    parts[0].merge(parts[1])
    assert parts[0].compute() == whole


def test_metrics_of_different_problems_do_not_merge():
    with pytest.raises(BadInput, match="same problem"):
        SemanticMetrics(BINARY).merge(SemanticMetrics(THREE))
    with pytest.raises(BadInput, match="tolerance"):
        SemanticMetrics(BINARY).merge(SemanticMetrics(BINARY, tolerance_px=3.0))


def test_a_label_that_is_no_class_is_refused():
    probs, truth = images(2)[0]
    truth[1, 1] = 37
    with pytest.raises(BadInput, match=r"labels in 0..1 .* up to 37"):
        SemanticMetrics(BINARY).update(probs, truth)


@pytest.mark.parametrize("wrong", [3.5, math.nan])
def test_what_is_no_probability_is_refused(wrong: float):
    probs, truth = images(2)[0]
    probs[:, 2, 2], truth[2, 2] = wrong, 1
    with pytest.raises(BadInput, match="probabilities in"):
        SemanticMetrics(BINARY).update(probs, truth)


def test_probabilities_of_another_size_are_refused():
    probs, truth = images(2)[0]
    with pytest.raises(BadInput, match="need"):
        SemanticMetrics(THREE).update(probs, truth)


def test_a_tie_goes_to_the_lower_class():
    truth = np.zeros((2, 3), np.uint8)
    assert computed(THREE, [(np.full((3, 2, 3), 1 / 3, np.float32), truth)])["accuracy"] == 1.0


def test_the_foreground_is_the_class_that_is_not_the_background():
    swapped = Problem(Task.SEMANTIC, ("cell", "nothing"), background=1)
    drawn = images(2)
    mirrored = [(probs[::-1], np.where(truth < 2, 1 - truth, truth)) for probs, truth in drawn]
    as_first, as_second = computed(swapped, mirrored), computed(BINARY, drawn)
    assert as_first["dice_dataset"] == as_second["dice_dataset"]
    assert as_first["auc"] == as_second["auc"]


def test_only_binary_problems_have_a_foreground():
    assert "auc" not in computed(THREE, images(3))
    assert "auc" not in computed(Problem(Task.SEMANTIC, ("a", "b")), images(2))


def test_a_foreign_memory_layout_gives_the_same_numbers():
    probs, truth = images(3)[0]
    turned = (np.asfortranarray(probs), np.asfortranarray(truth))
    assert computed(THREE, [turned]) == computed(THREE, [(probs, truth)])


def test_every_number_has_a_meaning():
    instance = Problem(Task.INSTANCE, ("nothing", "car"), background=0)
    several = Problem(Task.CLASSIFICATION, ("a", "b", "c"))
    two = Problem(Task.CLASSIFICATION, ("a", "b"))
    names = [n for p in (BINARY, THREE, instance, several, two) for n in metrics_for(p).compute()]
    assert all(meaning(name) for name in names)
    assert {name.partition("/")[0] for name in names} == METRICS.keys()
    assert meaning("iou_dataset/car").endswith("class 'car' alone")
