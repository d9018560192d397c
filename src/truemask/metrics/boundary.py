"""Boundary F: do the outlines agree? Csurka et al., BMVC 2013; Perazzi et al. (DAVIS), CVPR 2016.

Two departures. A class's border with IGNORE is no border, and nothing within the tolerance of IGNORE
takes part, since the true border may lie inside. And the edge of the image is no border.
"""

from typing import no_type_check

import cv2
import numba
import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from truemask.metrics.undefined import ratios
from truemask.types import IGNORE


class BoundaryCounts:
    """Counts border pixels per class, and how many have their like within `tolerance_px` (Euclidean)."""

    def __init__(self, num_classes: int, tolerance_px: float) -> None:
        self.num_classes = num_classes
        self._offsets, self._disk = _disk(tolerance_px)

    def __call__(
        self, predicted: UInt8[np.ndarray, "h w"], truth: UInt8[np.ndarray, "h w"]
    ) -> Int64[np.ndarray, "k 4"]:
        """Predicted border pixels, those near a true one; true border pixels, those near a predicted one.

        Labels must be known to be classes of the problem, or IGNORE.
        """
        ignored = (truth == IGNORE).astype(np.uint8)
        judged = np.asarray(cv2.dilate(ignored, self._disk) if ignored.any() else ignored) == 0
        found, true = np.full_like(predicted, IGNORE), np.full_like(truth, IGNORE)
        _mark_borders(predicted, found)
        _mark_borders(truth, true)
        counts = np.zeros((self.num_classes, 4), np.int64)
        _count_near(found, true, judged, self._offsets, counts[:, :2])
        _count_near(true, found, judged, self._offsets, counts[:, 2:])
        return counts


def f_measure(counts: Int64[np.ndarray, "k 4"]) -> Float64[np.ndarray, "k"]:
    """Harmonic mean of the shares of predicted and of true border that have their like nearby, per class.

    0 where only one of the two has a border of the class, NaN where neither has.
    """
    found, found_near, true, true_near = counts.T
    precision, recall = np.nan_to_num(ratios(found_near, found)), np.nan_to_num(ratios(true_near, true))
    f = np.nan_to_num(ratios(2 * precision * recall, precision + recall))
    return np.asarray(np.where(found + true > 0, f, np.nan))


@numba.njit(cache=True)
@no_type_check
def _mark_borders(labels: UInt8[np.ndarray, "h w"], borders: UInt8[np.ndarray, "h w"]) -> None:
    """Copy the class of each pixel that has a four-neighbour known to be of another class."""
    ignore = 255
    h, w = labels.shape
    for y in range(h):
        for x in range(w):
            here = labels[y, x]
            if here == ignore:
                continue
            up, down = labels[max(y - 1, 0), x], labels[min(y + 1, h - 1), x]
            left, right = labels[y, max(x - 1, 0)], labels[y, min(x + 1, w - 1)]
            for other in (up, down, left, right):
                known = other != ignore
                if known and other != here:
                    borders[y, x] = here


@numba.njit(cache=True)
@no_type_check
def _count_near(
    borders: UInt8[np.ndarray, "h w"],
    others: UInt8[np.ndarray, "h w"],
    judged: Bool[np.ndarray, "h w"],
    offsets: Int64[np.ndarray, "o 2"],
    counts: Int64[np.ndarray, "k 2"],
) -> None:
    """Count border pixels by class, and those with one of `others` of their class at one of `offsets`."""
    ignore = 255
    h, w = borders.shape
    for y in range(h):
        for x in range(w):
            label = borders[y, x]
            if label == ignore or not judged[y, x]:
                continue
            counts[label, 0] += 1
            for o in range(len(offsets)):
                v, u = y + offsets[o, 0], x + offsets[o, 1]
                if 0 <= v < h and 0 <= u < w and others[v, u] == label:
                    counts[label, 1] += 1
                    break


def _disk(radius_px: float) -> tuple[Int64[np.ndarray, "o 2"], UInt8[np.ndarray, "d d"]]:
    """Steps no longer than the radius, shortest first; and the same as a picture."""
    reach = int(radius_px)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    squared = y * y + x * x
    inside = squared <= radius_px**2
    order = np.argsort(squared[inside], kind="stable")
    steps = np.stack([y[inside], x[inside]], axis=1)[order]
    return steps.astype(np.int64), inside.astype(np.uint8)
