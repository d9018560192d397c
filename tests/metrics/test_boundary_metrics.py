"""Boundary F: outlines against a reference by distance transforms; IGNORE; the edge of the image."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from truemask.metrics.boundary import BoundaryCounts, f_measure
from truemask.types import IGNORE

Map = NDArray[np.uint8]


def square(left: int, size: int = 40, side: int = 16, label: int = 1) -> Map:
    labels = np.zeros((size, size), np.uint8)
    labels[12 : 12 + side, left : left + side] = label
    return labels


def f_of(predicted: Map, truth: Map, tolerance_px: float = 2.0, k: int = 2) -> NDArray[np.float64]:
    return f_measure(BoundaryCounts(k, tolerance_px)(predicted, truth))


def blobs(seed: int, k: int) -> Map:
    rng = np.random.default_rng(seed)
    fields = [cv2.GaussianBlur(rng.normal(size=(48, 61)), (0, 0), 4) for _ in range(k)]
    return np.argmax(fields, axis=0).astype(np.uint8)


def plain_border(labels: Map, c: int) -> NDArray[np.bool_]:
    """Pixels of the class that vanish when it is eroded by a cross; the image's edge does not erode."""
    mask = (labels == c).astype(np.uint8)
    return (mask > 0) & (cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) == 0)


def plain_f(predicted: Map, truth: Map, c: int, tolerance_px: float) -> float:
    found, true = plain_border(predicted, c), plain_border(truth, c)

    def share_near(these: NDArray[np.bool_], those: NDArray[np.bool_]) -> float:
        away = cv2.distanceTransform((~those).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return float((away[these] <= tolerance_px + 1e-3).mean())

    precision, recall = share_near(found, true), share_near(true, found)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("tolerance_px", [0.0, 1.0, 2.0, 3.5])
def test_it_is_the_share_of_outline_within_the_tolerance(tolerance_px: float):
    predicted, truth = blobs(0, 3), np.roll(blobs(0, 3), 2, axis=1)
    expected = [plain_f(predicted, truth, c, tolerance_px) for c in range(3)]
    assert f_of(predicted, truth, tolerance_px, k=3) == pytest.approx(expected, abs=1e-12)
    assert min(expected) > 0


def test_a_shift_within_the_tolerance_costs_nothing():
    assert f_of(square(12), square(10))[1] == 1.0


def test_a_shift_beyond_the_tolerance_costs_the_sides_that_moved():
    # Of 60 outline pixels, the columns at the far left and right lose all but what is near a corner's row.
    assert 0.4 < f_of(square(14), square(10), tolerance_px=1.0)[1] < 0.7


def test_an_outline_missing_on_one_side_scores_zero():
    empty = np.zeros((40, 40), np.uint8)
    assert f_of(empty, square(10))[1] == 0.0
    assert f_of(square(10), empty)[1] == 0.0


def test_without_an_outline_it_is_undefined_and_the_images_edge_is_none():
    full = np.ones((9, 9), np.uint8)
    assert np.isnan(f_of(full, full)).all()


def test_outlines_within_the_tolerance_of_ignore_take_no_part():
    truth = square(10)
    ring = cv2.dilate((truth == 1).astype(np.uint8), np.ones((5, 5), np.uint8)) - (truth == 1)
    truth[ring > 0] = IGNORE
    counts = BoundaryCounts(2, 2.0)(square(11), truth)
    assert counts[:, 2].sum() == 0
    assert counts[1, 0] == 0


def test_ignore_next_to_a_class_is_no_border_of_it():
    truth = np.ones((12, 30), np.uint8)
    truth[:, 20:] = IGNORE
    counts = BoundaryCounts(2, 1.0)(np.ones_like(truth), truth)
    assert not counts.any()


def test_a_stray_outline_far_from_ignore_still_counts():
    truth = np.ones((12, 30), np.uint8)
    truth[:, 25:] = IGNORE
    predicted = truth.copy()
    predicted[:, 5:] = 0
    assert f_of(predicted, truth)[1] == 0.0
