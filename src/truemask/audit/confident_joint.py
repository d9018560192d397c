"""Which labels stand for which classes: the confident joint of confident learning.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068. Rows are given classes, columns presumed true ones.
"""

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Int64, Shaped, UInt8

from truemask.audit.class_confidence import comparable
from truemask.audit.stream import SUM_SLACK, Block
from truemask.types import IGNORE, BadInput

_SLACK = 1e-6  # a unit exactly at a threshold passes, whatever rounding did to the mean
_FLOOR = 2e-6  # a class that is never predicted must not be passed by everything


@dataclass(frozen=True)
class Candidates:
    """Units of a block that are predicted to be of another class than was given.

    Args:
        index: of the unit within its block.
        given: its label.
        proposed: its most probable class.
        margin: how much more probable the proposed class is than the given one, in (0, 1].
    """

    index: Int64[np.ndarray, "n"]
    given: UInt8[np.ndarray, "n"]
    proposed: UInt8[np.ndarray, "n"]
    margin: Float32[np.ndarray, "n"]

    def __getitem__(self, chosen: Shaped[np.ndarray, "m"]) -> "Candidates":
        return Candidates(self.index[chosen], self.given[chosen], self.proposed[chosen], self.margin[chosen])


class ConfidentJoint:
    """Second pass: how many units given as i are confidently of class j.

    A unit counts for the most probable of the classes whose probability reaches their threshold, if any does.
    (cleanlab takes the most probable class of all where several do.)
    """

    def __init__(self, thresholds: Float64[np.ndarray, "k"]) -> None:
        k = len(thresholds)
        self.counts = np.zeros((k, k), np.int64)
        self.units = np.zeros(k, np.int64)
        """Units given as each class, whether they are confidently of any or not."""
        # 2 is above any probability: a class that was never given has no threshold, and counts for nothing.
        self._passing = np.where(np.isnan(thresholds), 2.0, np.maximum(thresholds, _FLOOR) - _SLACK)

    def update(self, block: Block) -> tuple[Candidates, Float32[np.ndarray, "n"]]:
        """Count a block; returns its units predicted otherwise than given, and all self-confidences.

        Raises:
            BadInput: if a unit's probabilities are NaN or do not sum to 1; of float16, if one is beyond 1.
        """
        n, dtype = len(block.labels), block.probs.dtype
        if dtype == np.float16:
            _check_halves(block)
        own, highest = np.empty(n, dtype), np.empty(n, dtype)
        index, proposed = np.empty(n, np.int64), np.empty(n, np.uint8)
        found, wrong = _count(
            block.labels,
            comparable(block.probs),
            dtype != np.float16,
            comparable(_at_least(self._passing, dtype)),
            (self.counts, self.units),
            (comparable(own), comparable(highest), index, proposed),
        )
        if wrong >= 0:
            raise BadInput(_complaint(block, float(block.probs[:, wrong].astype(np.float64).sum())))
        index = index[:found].copy()
        margin = highest[:found].astype(np.float32) - own[index].astype(np.float32)
        candidates = Candidates(index, block.labels[index], proposed[:found].copy(), margin)
        return candidates, own.astype(np.float32, copy=False)

    def merge(self, other: "ConfidentJoint") -> None:
        """Take in what `other`, with the same thresholds, counted."""
        self.counts += other.counts
        self.units += other.units


def _check_halves(block: Block) -> None:
    """Bits of halves cannot be added up as they are; but NaN and infinity are beyond 1."""
    beyond = comparable(block.probs) > np.float16(1 + SUM_SLACK).view(np.int16)
    if beyond.any() and (wrong := beyond.any(axis=0) & (block.labels != IGNORE)).any():
        raise BadInput(_complaint(block, float(block.probs[:, wrong.argmax()].astype(np.float64).sum())))


def _complaint(block: Block, total: float) -> str:
    return f"{block}: the probabilities of a label sum to {total:.3g}; they must sum to 1 over the classes"


def _at_least(values: Float64[np.ndarray, "k"], dtype: np.dtype) -> Shaped[np.ndarray, "k"]:
    """The smallest number of a type that is not below each value."""
    rounded = values.astype(dtype)
    return np.where(rounded < values, np.nextafter(rounded, dtype.type(4)), rounded)


@numba.njit(cache=True)
@no_type_check
def _count(
    labels: UInt8[np.ndarray, "n"],
    probs: Shaped[np.ndarray, "k n"],
    summed: bool,
    passing: Shaped[np.ndarray, "k"],
    totals: tuple[Int64[np.ndarray, "k k"], Int64[np.ndarray, "k"]],
    found: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> tuple[int, int]:
    """Add to the confident joint and to the units of each class.

    Returns how many units are candidates, and the last unit whose probabilities do not sum to 1, where they
    are to be `summed`; -1 where there is none.

    Fills in the probability of each unit's given label, and of the candidates the probability of their most
    probable class, their index, and that class.
    """
    block = 2048
    counts, units = totals
    own, highest, index, proposed = found
    k, n = probs.shape
    best, surest = np.empty(block, probs.dtype), np.empty(block, probs.dtype)
    top, sure = np.empty(block, np.int16), np.empty(block, np.int16)
    total = np.empty(block, np.float32)
    none = probs.dtype.type(-1)
    candidates, wrong = 0, -1
    # Blocks of one row after the other, not unit by unit: the class axis is the slow one in memory.
    for start in range(0, n, block):
        size = min(block, n - start)
        for i in range(size):
            best[i], surest[i], top[i], sure[i], total[i] = none, none, 0, -1, 0
        for c in range(k):
            row, name, enough = probs[c, start : start + size], np.int16(c), passing[c]
            for i in range(size):
                p = row[i]
                more = p > best[i]
                best[i] = p if more else best[i]
                top[i] = name if more else top[i]
                passes = (p >= enough) & (p > surest[i])
                surest[i] = p if passes else surest[i]
                sure[i] = name if passes else sure[i]
            if summed:
                for i in range(size):
                    total[i] += np.float32(row[i])
        for i in range(size):
            given = labels[start + i]
            if given >= k:
                own[start + i] = 0
                continue
            if summed and not abs(total[i] - 1) <= SUM_SLACK:  # so that NaN is wrong
                wrong = start + i
            own[start + i] = probs[given, start + i]
            units[given] += 1
            if sure[i] >= 0:
                counts[given, sure[i]] += 1
            if best[i] > own[start + i]:
                highest[candidates], index[candidates], proposed[candidates] = best[i], start + i, top[i]
                candidates += 1
    return candidates, wrong
