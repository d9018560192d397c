"""Points near the middle lines of a mask: where they lie, and how many."""

import cv2
import numpy as np
import pytest

from truemask.structure.skeleton_extraction import (
    class_extraction,
    kept_count,
    skeleton,
    skeleton_extraction,
)
from truemask.types import IGNORE, BadInput


def blobs(seed, size=(60, 70)):
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.standard_normal(size), (0, 0), 3)
    return field > 0.5 * field.std()


@pytest.mark.parametrize("shift_px", [0, 1, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_points_lie_in_the_dilated_skeleton_and_keep_the_stated_count(shift_px, seed):
    mask = blobs(seed)
    lines = skeleton(mask)
    around = cv2.dilate(lines.astype(np.uint8), np.ones((2 * shift_px + 1,) * 2, np.uint8)) > 0
    every = skeleton_extraction(mask, np.random.default_rng(seed), shift_px=shift_px, keep=1.0)
    some = skeleton_extraction(mask, np.random.default_rng(seed), shift_px=shift_px, keep=0.1)
    assert not (every & ~around).any()
    assert not (some & ~every).any()
    assert some.sum() == kept_count(int(every.sum()), 0.1)


def test_without_shift_and_draw_it_is_the_skeleton():
    mask = blobs(3)
    got = skeleton_extraction(mask, np.random.default_rng(0), shift_px=0, keep=1.0)
    np.testing.assert_array_equal(got, skeleton(mask))


@pytest.mark.parametrize(
    ("marked", "keep", "kept"),
    [(0, 0.1, 0), (1, 0.1, 1), (10, 0.1, 1), (11, 0.1, 2), (30, 0.1, 3), (7, 1, 7)],
)
def test_counts_are_rounded_up(marked, keep, kept):
    assert kept_count(marked, keep) == kept


def test_shifts_go_all_ways_alike():
    mask = np.zeros((2001, 9), bool)
    mask[::4, 4] = True  # single pixels, too far apart to meet
    moved = np.zeros((4, 9))
    for seed in range(4):
        points = skeleton_extraction(mask, np.random.default_rng(seed), shift_px=1, keep=1.0)
        assert points.sum() == mask.sum()
        moved[seed] = points.sum(axis=0)
    counts = moved.sum(axis=0)[3:6]
    trials = 4 * mask.sum()
    # Three outcomes of probability 1/3: within 4.5 standard deviations.
    assert np.abs(counts - trials / 3).max() < 4.5 * np.sqrt(trials * 2 / 9)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1)])
def test_tiny_masks(size):
    empty = skeleton_extraction(np.zeros(size, bool), np.random.default_rng(0))
    assert not empty.any()
    full = skeleton_extraction(np.ones(size, bool), np.random.default_rng(0), shift_px=2)
    assert full.shape == size
    assert full.any() == skeleton(np.ones(size, bool)).any()


def test_classes_keep_their_points_and_the_rest_says_nothing():
    labels = np.where(blobs(5), 2, 0).astype(np.uint8)
    labels[:10] = IGNORE
    points = class_extraction(labels, (0, 2), np.random.default_rng(1), shift_px=0, keep=0.5)
    assert set(np.unique(points)) == {0, 2, IGNORE}
    said = points != IGNORE
    np.testing.assert_array_equal(points[said], labels[said])
    counts = [kept_count(int(skeleton(labels == c).sum()), 0.5) for c in (0, 2)]
    assert [(points == c).sum() for c in (0, 2)] == counts


def test_where_two_classes_meet_the_pixel_keeps_its_own():
    labels = np.array([[0, 1]] * 40, np.uint8)
    for seed in range(20):
        points = class_extraction(labels, (0, 1), np.random.default_rng(seed), shift_px=1, keep=1.0)
        alone = [
            skeleton_extraction(labels == c, rng, shift_px=1, keep=1.0)
            for rng in [np.random.default_rng(seed)]
            for c in (0, 1)
        ]
        both = alone[0] & alone[1]
        np.testing.assert_array_equal(points[both], labels[both])


@pytest.mark.parametrize("knobs", [{"shift_px": -1}, {"keep": 0.0}, {"keep": 1.1}, {"keep": float("nan")}])
def test_bad_knobs(knobs):
    with pytest.raises(BadInput, match="got"):
        skeleton_extraction(np.ones((3, 3), bool), np.random.default_rng(0), **knobs)
