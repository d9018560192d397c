"""All thresholds at once: histograms of foreground probability, ROC area, and the best threshold there is.

Bins are finest towards 0 and 1, where trained networks put most pixels: 256 to each halving of the
distance to the nearer end, down to 2^-24, the grain of float32 below 1. 0.5 is the lower end of a bin.
"""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from truemask.metrics.undefined import ratios

_SHIFT = 15  # leaves 8 bits of a float32's mantissa: 256 bins to a halving
_LOWEST = 103 << (23 - _SHIFT)  # 2^-24, as the bits of a float32
_SIDE = 23 << (23 - _SHIFT)  # bins from 2^-24 to 0.5
BINS = 2 * _SIDE + 1

_ONE = 1 << 32  # curves add up as whole numbers of 2^-32, so that sums are the same in any order


@numba.njit(cache=True)
@no_type_check
def count(
    probs: Float32[np.ndarray, "n"],
    truth: UInt8[np.ndarray, "n"],
    positive: int,
    histogram: Int64[np.ndarray, "2 bins"],
) -> None:
    """Add units to `histogram` [is positive, bin of its probability of being so]; IGNORE takes no part."""
    ignore, half, one = 255, np.float32(0.5), np.float32(1)
    for i in range(len(probs)):
        if truth[i] == ignore:
            continue
        upper = probs[i] >= half
        # 1 - p is exact for p in [0.5, 1].
        to_end = max(one - probs[i], np.float32(0)) if upper else probs[i]
        index = max((np.float32(to_end).view(np.int32) >> _SHIFT) - _LOWEST, 0)
        if upper:
            index = BINS - 1 - index
        histogram[int(truth[i] == positive), index] += 1


def lowest() -> Float32[np.ndarray, "bins"]:
    """The smallest probability that falls in each bin: the thresholds that a histogram can tell apart.

    Ever more of the topmost are equal: float32 has fewer numbers there than there are bins.
    """
    edges = ((np.arange(_SIDE + 1, dtype=np.int32) + _LOWEST) << _SHIFT).view(np.float32)
    # Bins of the upper half are open below: the smallest float32 above their end.
    ends = 1 - edges[1:].astype(np.float64)
    rounded = ends.astype(np.float32)
    above = np.where(rounded > ends, rounded, np.nextafter(rounded, np.float32(1)))
    return np.concatenate([[np.float32(0)], edges[1:], above[::-1]])


def auc(histogram: Int64[np.ndarray, "2 bins"]) -> tuple[float, float]:
    """Area under the ROC curve, and how far off the bins can make it; NaN without units of both kinds.

    The probability that a positive unit scores higher than a negative one. Pairs that share a bin count
    half, so the error is at most half the share of such pairs.
    """
    negative, positive = histogram.astype(np.float64)
    pairs = positive.sum() * negative.sum()
    if not pairs:
        return float("nan"), float("nan")
    below = np.cumsum(negative) - negative
    tied = float(positive @ negative / pairs) / 2
    return float(positive @ below / pairs) + tied, tied


def dice_curve(histogram: Int64[np.ndarray, "2 bins"]) -> Float64[np.ndarray, "bins"]:
    """Dice of the foreground when all from a bin upwards is called so; NaN: none there and none called."""
    called = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1]
    size = called.sum(axis=0) + histogram[1].sum()
    return ratios(2 * called[1], size)


def iou_from_dice(dice: Float64[np.ndarray, "bins"]) -> Float64[np.ndarray, "bins"]:
    """IoU of the same two regions: d / (2 - d)."""
    return np.asarray(dice / (2 - dice))


def best(curve: Float64[np.ndarray, "bins"]) -> tuple[float, float]:
    """The largest value of a curve and the threshold it is reached at; of equal ones the nearest to 0.5."""
    if np.isnan(curve).all():
        return float("nan"), float("nan")
    thresholds = lowest()
    reached = np.flatnonzero(curve == np.nanmax(curve))
    at = reached[np.argmin(np.abs(thresholds[reached] - 0.5))]
    return float(curve[at]), float(thresholds[at])


class MeanCurve:
    """Mean over images of a curve over thresholds; per threshold over the images where it is defined."""

    def __init__(self) -> None:
        self._sums = np.zeros(BINS, np.int64)
        self._counts = np.zeros(BINS, np.int64)

    def add(self, curve: Float64[np.ndarray, "bins"]) -> None:
        """Count one image's curve."""
        defined = ~np.isnan(curve)
        self._sums += np.rint(np.where(defined, curve, 0) * _ONE).astype(np.int64)
        self._counts += defined

    def merge(self, other: "MeanCurve") -> None:
        """Take in the images that `other` counted."""
        self._sums += other._sums
        self._counts += other._counts

    def compute(self) -> Float64[np.ndarray, "bins"]:
        """The mean curve; NaN where it is defined on no image."""
        return ratios(self._sums / _ONE, self._counts)
