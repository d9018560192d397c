"""How hard given labels are for a network: cross entropy of right and of wrong ones, apart.

The figure that LNCIS rests its threshold on: Yang et al., ECCV 2020, figure 5.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8

from truemask.types import IGNORE

BIN_NATS = 0.25
MOST_NATS = 15.0
"""Larger cross entropies count in the last bin."""
_BINS = round(MOST_NATS / BIN_NATS)
RIGHT, WRONG = 0, 1


@dataclass
class LabelLosses:
    """Histograms over labels; those of parts of a data set merge by adding.

    Args:
        gamma: cross entropy in nats; labels above it are counted exactly.
        counts: labels by right or wrong, and bin of cross entropy.
        above: labels above gamma, by right or wrong.
    """

    gamma: float = 6.0
    counts: Int64[np.ndarray, "2 bins"] = field(default_factory=lambda: np.zeros((2, _BINS), np.int64))
    above: Int64[np.ndarray, "2"] = field(default_factory=lambda: np.zeros(2, np.int64))

    def add(
        self,
        probs: Float[np.ndarray, "k *space"],
        given: UInt8[np.ndarray, "*space"],
        truth: UInt8[np.ndarray, "*space"],
    ) -> None:
        """Count the units of one image, or one object: those whose label and truth are both known.

        Args:
            probs: after softmax.
            given: the label that training sees.
            truth: the clean one.
        """
        labels, clean = given.ravel(), truth.ravel()
        known = (labels != IGNORE) & (clean != IGNORE)
        flat = probs.reshape(len(probs), -1)[:, known]
        labels, clean = labels[known], clean[known]
        at = flat[labels, np.arange(len(labels))]
        losses: Float64[np.ndarray, n] = -np.log(np.maximum(at.astype(np.float64), np.finfo(np.float64).tiny))
        wrong = (labels != clean).astype(np.int64)
        bins = np.minimum((losses / BIN_NATS).astype(np.int64), _BINS - 1)
        self.counts += np.bincount(wrong * _BINS + bins, minlength=2 * _BINS).reshape(2, _BINS)
        self.above += np.bincount(wrong[losses > self.gamma], minlength=2)

    def merge(self, other: "LabelLosses") -> None:
        """Take over what another count of other images knows."""
        assert self.gamma == other.gamma
        self.counts += other.counts
        self.above += other.above

    def shares(self) -> Float64[np.ndarray, "2 bins"]:
        """The share of the right, and of the wrong labels in each bin; NaN where there are none."""
        with np.errstate(invalid="ignore"):
            shares: Float64[np.ndarray, "2 bins"] = self.counts / self.counts.sum(axis=1, keepdims=True)
        return shares

    def compute(self) -> dict[str, float]:
        """How many labels are right and wrong, and the share of each above gamma; NaN where none."""
        of = self.counts.sum(axis=1)
        shares = [float(self.above[side] / of[side]) if of[side] else float("nan") for side in (RIGHT, WRONG)]
        return {
            "labels_right": float(of[RIGHT]),
            "labels_wrong": float(of[WRONG]),
            "right_above_gamma": shares[RIGHT],
            "wrong_above_gamma": shares[WRONG],
        }
