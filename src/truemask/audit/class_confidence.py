"""How sure predictions are of given labels: the class thresholds of confident learning.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068.
"""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, Shaped, UInt8

from truemask.audit.stream import Block
from truemask.types import IGNORE, BadInput

_ONE = 1 << 28  # confidences add up as whole numbers of 2^-28, so that a sum is the same in any order


class ClassConfidence:
    """First pass: the mean predicted probability of each class over the units given as that class."""

    def __init__(self, num_classes: int) -> None:
        self.units = np.zeros(num_classes, np.int64)
        """Units given as each class."""
        self.ignored = 0
        """Units without a label."""
        self._sums = np.zeros(num_classes, np.int64)

    def update(self, block: Block) -> None:
        """Count a block.

        Raises:
            BadInput: if the probability of a given label is NaN.
        """
        units, sums = np.zeros(IGNORE + 1, np.int64), np.zeros(IGNORE + 1, np.int64)
        if _add(block.labels, self_confidence(block.labels, block.probs), units, sums):
            raise BadInput(f"{block}: some probability is NaN, which says nothing of a label")
        k = len(self.units)
        self.units += units[:k]
        self.ignored += int(units[IGNORE])
        self._sums += sums[:k]

    def merge(self, other: "ClassConfidence") -> None:
        """Take in what `other` counted: the same thresholds as if all had been counted here."""
        self.units += other.units
        self.ignored += other.ignored
        self._sums += other._sums

    def thresholds(self) -> Float64[np.ndarray, "k"]:
        """t_j: mean probability of class j over the units given as j; NaN where none is given as j."""
        means = np.full(len(self.units), np.nan)
        np.divide(self._sums / _ONE, self.units, out=means, where=self.units > 0)
        return means


def self_confidence(
    labels: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "k n"]
) -> Float32[np.ndarray, "n"]:
    """The predicted probability of each unit's given label; 0 where it is IGNORE."""
    return given_probability(labels, probs).astype(np.float32, copy=False)


def given_probability(
    labels: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "k n"]
) -> Float[np.ndarray, "n"]:
    """The same in the precision of the probabilities."""
    own = np.empty(labels.shape, probs.dtype)
    _gather(labels, comparable(probs), comparable(own))
    return own


def comparable(values: Float[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    """The same memory in a type that kernels can read and that sorts alike: float16 as int16.

    Numba has no float16. Bits of floats that are not negative sort like the floats; -0.0 sorts lowest.
    """
    return values.view(np.int16) if values.dtype == np.float16 else values


@numba.njit(cache=True)
@no_type_check
def _gather(
    labels: UInt8[np.ndarray, "n"], probs: Shaped[np.ndarray, "k n"], own: Shaped[np.ndarray, "n"]
) -> None:
    k = len(probs)
    for i in range(len(labels)):
        own[i] = probs[labels[i], i] if labels[i] < k else 0


@numba.njit(cache=True)
@no_type_check
def _add(
    labels: UInt8[np.ndarray, "n"],
    own: Float32[np.ndarray, "n"],
    units: Int64[np.ndarray, "256"],
    sums: Int64[np.ndarray, "256"],
) -> int:
    """Count units and their confidence by label; returns how many confidences are NaN."""
    undefined = 0
    for i in range(len(labels)):
        undefined += np.isnan(own[i])
        units[labels[i]] += 1
        sums[labels[i]] += int(own[i] * _ONE)
    return undefined


def soft_minimum(confidences: Float32[np.ndarray, "n"], temperature: float = 0.1) -> float:
    """An image's label quality from its pixels': Lad & Mueller 2023, arXiv:2307.05080. NaN without pixels.

    Mean of the pixels' self-confidence s, weighted by softmax((1 - s) / temperature): between their
    minimum (temperature towards 0) and their mean (large temperatures), so that a few bad pixels show.
    """
    if not len(confidences):
        return float("nan")
    # Shifted so that the largest weight is 1: no overflow at any temperature.
    weights = np.exp((confidences.min() - confidences) / np.float32(temperature))
    return float(np.sum(weights * confidences, dtype=np.float64) / np.sum(weights, dtype=np.float64))
