"""Where labels put the outlines of a class: the share of labels by distance from the true outline.

Deep inside and far outside the share is level, whatever the rates of random flips. Where it changes from one
level to the other is the outline that the labels describe, so bias shows even under speckle.
"""

import cv2
import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.types import IGNORE

REACH_PX = 16
"""Pixels farther from the outline are the level."""
_SURE = 4.0
"""Standard errors that inside and outside must differ by."""


class OutlineProfile:
    """Counts labels by true class and distance from its outline; parts add up.

    Bins are whole pixels: -1 and 1 are the pixels on either side of the outline, inside and outside.

    Args:
        num_classes: k.
    """

    def __init__(self, num_classes: int) -> None:
        self._counts: Int64[np.ndarray, "k b 2"] = np.zeros((num_classes, 2 * REACH_PX, 2), dtype=np.int64)

    def add(self, noisy: UInt8[np.ndarray, "h w"], truth: UInt8[np.ndarray, "h w"]) -> None:
        """Count one image. Pixels that are IGNORE in either map do not count."""
        known = (noisy != IGNORE) & (truth != IGNORE)
        for class_id, counts in enumerate(self._counts):
            inside = truth == class_id
            if not inside.any() or inside.all():
                continue
            bins = _bins(inside)[known]
            counts[:, 0] += np.bincount(bins, minlength=len(counts))
            counts[:, 1] += np.bincount(bins[noisy[known] == class_id], minlength=len(counts))

    def merge(self, other: "OutlineProfile") -> None:
        """Take over the counts of another part of the same data set."""
        self._counts += other._counts

    @property
    def distances_px(self) -> Int64[np.ndarray, "b"]:
        """Of the bins; negative inside."""
        return np.concatenate([np.arange(-REACH_PX, 0), np.arange(1, REACH_PX + 1)])

    def shares(self, class_id: int) -> Float64[np.ndarray, "b"]:
        """Share of the labels at each distance that are of the class; NaN where there is none."""
        total, own = self._counts[class_id].T
        return np.asarray(np.divide(own, total, out=np.full(len(total), np.nan), where=total > 0))

    def bias_px(self, class_id: int) -> float:
        """How far outside of the true outline the labels' outline runs on the mean; inside: negative.

        NaN where there is no outline, or where labels inside and outside hardly differ.
        """
        total, own = self._counts[class_id].T
        half = REACH_PX // 2
        levels = [(own[part].sum(), total[part].sum()) for part in (self._deep(total), slice(-half, None))]
        if any(count == 0 for _, count in levels):
            return float("nan")
        within, beyond = (labelled / count for labelled, count in levels)
        doubt = np.sqrt(
            sum(max(p * (1 - p), 0.25 / n) / n for p, (_, n) in zip((within, beyond), levels, strict=True))
        )
        if within - beyond <= _SURE * doubt:
            return float("nan")
        shares = self.shares(class_id)
        expected = np.where(self.distances_px < 0, within, beyond)
        return float(np.nansum(shares - expected) / (within - beyond))

    def _deep(self, total: Int64[np.ndarray, "b"]) -> slice:
        """The innermost bins that hold something: half of those inside, at least one."""
        first = int(np.flatnonzero(total[:REACH_PX])[0]) if total[:REACH_PX].any() else REACH_PX - 1
        return slice(first, first + max((REACH_PX - first) // 2, 1))


def _bins(inside: np.ndarray) -> Int64[np.ndarray, "h w"]:
    """Number of each pixel's bin, by rounded distance to the nearest pixel on the other side."""
    to_outside, to_inside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (inside, ~inside)
    )
    # The nearest pixel on the other side is 1 away at the outline.
    far = np.clip(np.rint(np.where(inside, to_outside, to_inside)), 1, REACH_PX).astype(np.int64)
    return np.asarray(np.where(inside, REACH_PX - far, REACH_PX - 1 + far))
