"""Which segment of the noisy labels is which segment of the clean ones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64

from truemask.crops import Crop
from truemask.noise.segment.pieces import overlap_px
from truemask.noise.segment.units import Segments

LEAST_IOU = 0.3
"""Two segments are the same thing if they overlap so much and nothing else fits better."""
_OF_ONE_CLASS = 1e-3
"""What one class is worth beside overlap: it decides between two that lie in the same place."""


@dataclass(frozen=True)
class Matched:
    """The segments of both sides, how much they overlap, and who is who.

    Args:
        clean: the segments of the clean labels.
        noisy: those of the noisy ones.
        overlaps: pixels that a clean (row) and a noisy segment (column) share.
        noisy_of: for each clean segment the noisy one that is the same thing, or -1.
        clean_of: for each noisy segment the clean one, or -1.
    """

    clean: Segments
    noisy: Segments
    overlaps: Int64[np.ndarray, "n m"]
    noisy_of: Int64[np.ndarray, "n"]
    clean_of: Int64[np.ndarray, "m"]

    def ious(self) -> Float64[np.ndarray, "n m"]:
        """Intersection over union of every pair; 0 where both are empty."""
        together = self.clean.areas_px[:, None] + self.noisy.areas_px[None] - self.overlaps
        return np.asarray(self.overlaps / np.maximum(together, 1))


def match(clean: Segments, noisy: Segments, overlaps: Int64[np.ndarray, "n m"]) -> Matched:
    """Pair segments one to one, whatever their class, such that the IoU of all pairs together is largest.

    The assignment of Kuhn (Naval Research Logistics 2, 1955) over the pairs with an IoU of 0.3 or more. Where
    two fit alike, the one of the same class is taken.
    """
    noisy_of, clean_of = np.full(len(clean), -1), np.full(len(noisy), -1)
    found = Matched(clean, noisy, overlaps, noisy_of, clean_of)
    ious = found.ious()
    possible = ious >= LEAST_IOU
    rows, columns = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
    if len(rows):
        from scipy.optimize import linear_sum_assignment  # late: it takes a quarter of a second

        alike = clean.classes[:, None] == noisy.classes[None]
        worth = np.where(possible, ious + _OF_ONE_CLASS * alike, 0)[np.ix_(rows, columns)]
        for one, other in zip(*linear_sum_assignment(worth, maximize=True), strict=True):
            if worth[one, other]:
                noisy_of[rows[one]], clean_of[columns[other]] = columns[other], rows[one]
    return found


def overlaps_of_crops(clean: tuple[Crop, ...], noisy: tuple[Crop, ...]) -> Int64[np.ndarray, "n m"]:
    """Pixels that each pair shares; only pairs whose boxes overlap are looked at."""
    boxes = [
        np.array([(*_corner(one), *(_corner(one) + one.mask.shape)) for one in side], dtype=np.int64).reshape(
            -1, 4
        )
        for side in (clean, noisy)
    ]
    first = np.maximum(boxes[0][:, None, :2], boxes[1][None, :, :2])
    last = np.minimum(boxes[0][:, None, 2:], boxes[1][None, :, 2:])
    shared = np.zeros((len(clean), len(noisy)), dtype=np.int64)
    for one, other in np.argwhere((first < last).all(axis=2)).tolist():
        shared[one, other] = overlap_px(clean[one], noisy[other])
    return shared


def overlaps_of_regions(
    clean: Int32[np.ndarray, "h w"], noisy: Int32[np.ndarray, "h w"], n: int, m: int
) -> Int64[np.ndarray, "n m"]:
    """Pixels that each pair of regions shares; regions count from 1, 0 is none."""
    both = np.bincount((clean.astype(np.int64) * (m + 1) + noisy).ravel(), minlength=(n + 1) * (m + 1))
    return np.asarray(both.reshape(n + 1, m + 1)[1:, 1:])


def _corner(one: Crop) -> Int64[np.ndarray, "2"]:
    return np.array([one.top, one.left], dtype=np.int64)
