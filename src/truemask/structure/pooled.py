"""Where in the frame each class lies, over a whole label set: images of any size, laid over one another."""

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from truemask.structure.windows import Window
from truemask.types import IGNORE


class PooledShares:
    """Counts labels by class and place in the frame; counts of parts of a data set add up.

    Args:
        num_classes: k.
        side: cells along each side of the common frame.
    """

    def __init__(self, num_classes: int, side: int = 64) -> None:
        self.counts: Int64[np.ndarray, "k s s"] = np.zeros((num_classes, side, side), dtype=np.int64)

    def add(self, labels: UInt8[np.ndarray, "h w"]) -> None:
        """Count the labels of one image; IGNORE counts nowhere."""
        k, side, _ = self.counts.shape
        rows, columns = (np.arange(length) * side // length for length in labels.shape)
        cells = rows[:, None] * side + columns[None]
        known = labels != IGNORE
        places = labels[known].astype(np.int64) * side**2 + cells[known]
        self.counts += np.bincount(places, minlength=k * side**2).reshape(self.counts.shape)

    def merge(self, other: "PooledShares") -> None:
        """Take over the counts of another part of the same data set."""
        self.counts += other.counts

    def shares(self, window: Window) -> Float32[np.ndarray, "k s s"]:
        """Of the labels around each cell, the share of every class; NaN where there is none.

        Args:
            window: its bandwidth is in cells.
        """
        sums = np.stack([window.sums(each.astype(np.float32)) for each in self.counts])
        total = sums.sum(axis=0)
        there = total > 1e-5 * max(float(total.max()), 1.0)
        everywhere = np.broadcast_to(there, sums.shape)
        return np.asarray(np.divide(sums, total, out=np.full_like(sums, np.nan), where=everywhere))
