"""How many units to flag, and which: prune by noise rate, without sorting the data set.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068, section 3.2: of the units given as i, the joint says
that n[i, j] = N Q[i, j] are truly j, and those with the largest margin p_j - p_i are flagged. Two departures.
A unit competes for its most probable class only, so that what it is proposed to be is never in doubt. And
the cut of each pair of classes is read off a histogram of margins: units that share a bin with the n-th are
flagged with it. Bins are finest where networks put most margins: 64 to each halving of 1 - margin.
"""

import numpy as np
from jaxtyping import Bool, Float32, Int64

from truemask.audit.confident_joint import Candidates

_SHIFT = 17  # leaves 6 bits of a float32's mantissa: 64 bins to a halving
_LOWEST = 111 << (23 - _SHIFT)  # 2^-16, as the bits of a float32
_BINS = (16 << (23 - _SHIFT)) + 1


class MarginHistogram:
    """How the margins of candidates spread, for each pair (given, proposed) that occurs."""

    def __init__(self, num_classes: int) -> None:
        self._rows = np.full((num_classes, num_classes), -1, np.int64)
        self._counts = np.zeros((0, _BINS), np.int64)

    def update(self, candidates: Candidates) -> None:
        """Count candidates."""
        self._make_rows(candidates.given.astype(np.int64), candidates.proposed.astype(np.int64))
        rows = self._rows[candidates.given, candidates.proposed]
        np.add.at(self._counts.reshape(-1), rows * _BINS + _bins(candidates.margin), 1)

    def merge(self, other: "MarginHistogram") -> None:
        """Take in what `other` counted."""
        given, proposed = np.nonzero(other._rows >= 0)
        self._make_rows(given, proposed)
        self._counts[self._rows[given, proposed]] += other._counts[other._rows[given, proposed]]

    def cuts(self, wanted: Int64[np.ndarray, "k k"]) -> Int64[np.ndarray, "k k"]:
        """The last bin to flag of each pair so that at least the wanted number is, if there are as many."""
        cuts = np.full_like(wanted, -1)
        for given, proposed in zip(*np.nonzero((self._rows >= 0) & (wanted > 0)), strict=True):
            reached = np.cumsum(self._counts[self._rows[given, proposed]])
            cuts[given, proposed] = min(np.searchsorted(reached, wanted[given, proposed]), _BINS - 1)
        return cuts

    def _make_rows(self, given: Int64[np.ndarray, "n"], proposed: Int64[np.ndarray, "n"]) -> None:
        """Rows only for pairs that occur: of many classes, few pairs are ever confused."""
        occurs = np.zeros(self._rows.shape, bool)
        occurs[given, proposed] = True
        fresh = occurs & (self._rows < 0)
        if added := int(fresh.sum()):
            self._rows[fresh] = len(self._counts) + np.arange(added)
            self._counts = np.concatenate([self._counts, np.zeros((added, _BINS), np.int64)])


def flagged(candidates: Candidates, cuts: Int64[np.ndarray, "k k"]) -> Bool[np.ndarray, "n"]:
    """Which candidates lie before the cut of their pair."""
    return np.asarray(_bins(candidates.margin) <= cuts[candidates.given, candidates.proposed])


def _bins(margins: Float32[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """Bin of each margin, largest margins first."""
    doubt = np.maximum(np.float32(1) - margins, np.float32(0))
    return np.asarray(np.maximum((doubt.view(np.int32) >> _SHIFT) - _LOWEST, 0), np.int64)
