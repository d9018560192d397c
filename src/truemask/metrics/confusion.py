"""Who was taken for whom, and how surely: the counts that accuracy, Dice, IoU and calibration come from."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from truemask.metrics.undefined import ratio, ratios

CONFIDENCE_BINS = 15
CONFIDENCE_ONE = 1 << 28
"""Confidences add up as integers in units of 2^-28, so that a sum is the same in any order."""


@numba.njit(cache=True)
@no_type_check
def tally(
    probs: Float32[np.ndarray, "k n"],
    truth: UInt8[np.ndarray, "n"],
    predicted: UInt8[np.ndarray, "n"],
    confusion: Int64[np.ndarray, "k k"],
    reliability: Int64[np.ndarray, "bins 3"],
) -> int:
    """Count units into `confusion` [truth, predicted] and `reliability` [units, right ones, confidence].

    Fills `predicted` for all units, those with IGNORE truth too. Returns how many units could not be
    counted: a truth that is no class, or a largest probability outside [0, 1].
    """
    ignore, block, slack = 255, 2048, np.float32(1.001)
    k, n = probs.shape
    bins = reliability.shape[0]
    best = np.empty(block, np.float32)
    top = np.empty(block, np.int32)
    refused = 0
    # Blocks of one row after the other, not pixel by pixel: the class axis is the slow one in memory.
    for start in range(0, n, block):
        size = min(block, n - start)
        # Slices, because numba makes vector code of a loop over i but not of one over start + i.
        first, labels, said = probs[0, start : start + size], truth[start:], predicted[start:]
        for i in range(size):
            best[i] = first[i]
            top[i] = 0
        for c in range(1, k):
            row, name = probs[c, start : start + size], np.int32(c)
            for i in range(size):
                more = row[i] > best[i]
                best[i] = row[i] if more else best[i]
                top[i] = name if more else top[i]
        for i in range(size):
            said[i] = top[i]
            label = labels[i]
            if label == ignore:
                continue
            # Written so that NaN fails it.
            if label >= k or not (best[i] >= 0 and best[i] <= slack):
                refused += 1
                continue
            confusion[label, top[i]] += 1
            bin_ = min(int(best[i] * bins), bins - 1)
            reliability[bin_, 0] += 1
            reliability[bin_, 1] += label == top[i]
            reliability[bin_, 2] += int(best[i] * CONFIDENCE_ONE)
    return refused


def accuracy(confusion: Int64[np.ndarray, "k k"]) -> float:
    """Share of units whose most probable class is the true one; NaN without units."""
    return ratio(float(np.trace(confusion)), float(confusion.sum()))


def recall(confusion: Int64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k"]:
    """Per class, the share of its units that were found; NaN for a class without units."""
    return ratios(np.diag(confusion), confusion.sum(axis=1))


def iou(confusion: Int64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k"]:
    """Per class, intersection over union; NaN for a class that is neither there nor predicted."""
    both = np.diag(confusion)
    return ratios(both, confusion.sum(axis=0) + confusion.sum(axis=1) - both)


def dice(confusion: Int64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k"]:
    """Per class, 2 intersection / (true + predicted); NaN for a class that is neither there nor predicted."""
    return ratios(2 * np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1))


def calibration_error(reliability: Int64[np.ndarray, "bins 3"]) -> float:
    """Expected calibration error of the top label: Guo et al., ICML 2017, arXiv:1706.04599.

    Mean over units of |accuracy - confidence| of the unit's confidence bin; NaN without units.
    """
    units, right, confidence = reliability[:, 0].sum(), reliability[:, 1], reliability[:, 2] / CONFIDENCE_ONE
    return ratio(float(np.abs(right - confidence).sum()), float(units))
