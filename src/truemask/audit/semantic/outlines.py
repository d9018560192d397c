"""How far predicted outlines lie from given ones: what an outline may be off before it counts as wrong.

People and networks differ by a pixel or two along every outline, in a data set without any error. Most given
outlines being right, the middle of these distances tells how much: were they normal, 95 % would lie within
1.96 standard deviations, which are 1.96 / 0.6745 medians of their absolute value. Up to half of the outlines
may be wrong before the median gives way. No truth is asked for. Outlines of regions that the predictions do
not see at all say nothing of this, and are left out.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from truemask.audit.semantic.sight import Sight

OVER_MEDIAN = 1.96 / 0.6745
LEAST_PX = 1.0
"""No outline on a grid of pixels is surer than that."""
LEAST_OUTLINE_PX = 12
"""Regions with shorter outlines have no outline to speak of: they are there or not."""
_LONGEST_PX = 256
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
"""A pixel and its neighbours: the regions on both sides of an outline."""


@dataclass(frozen=True)
class RegionOutlines:
    """Signed distances of predicted from given outlines, for each given region that has an outline.

    Above 0 the prediction reaches farther than the region, below 0 less far.

    Args:
        region: as numbered in the sight.
        class_id: given class.
        length: pixels of outline.
        low: first quartile of the distances.
        middle: their median.
        high: third quartile.
    """

    region: Int64[np.ndarray, "n"]
    class_id: UInt8[np.ndarray, "n"]
    length: Int64[np.ndarray, "n"]
    low: Float64[np.ndarray, "n"]
    middle: Float64[np.ndarray, "n"]
    high: Float64[np.ndarray, "n"]


def signed_distances(sight: Sight) -> Float32[np.ndarray, "n"]:
    """For each pixel of a given outline, how far outside (below 0: inside) the predicted one lies."""
    return _signed(sight, np.flatnonzero(sight.given_outline))


def _signed(sight: Sight, at: Int64[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """The same for pixels of an outline that are known by their places already."""
    away = sight.depth_predicted.ravel()[at]
    return np.asarray(np.where(sight.differ.ravel()[at], -1 - away, away))


def region_outlines(sight: Sight) -> RegionOutlines:
    """Where the predicted outline of each given region lies, in the middle and in quartiles."""
    at = np.flatnonzero(sight.given_outline)
    return _quartiles(sight, at, _signed(sight, at))


def _quartiles(sight: Sight, at: Int64[np.ndarray, "n"], signed: Float32[np.ndarray, "n"]) -> RegionOutlines:
    """Of each given region, from the places of outlines and the distances there."""
    regions, places = sight.given_regions
    # Regions in the high bits, distances in the low ones: one sort of numbers is faster than one of pairs.
    keys = np.sort((regions.ravel()[at].astype(np.int64) << 32) + _sortable(signed))
    at = keys >> 32
    start = np.flatnonzero(np.diff(at, prepend=-1))
    region, length = at[start], np.diff(start, append=len(at))
    low, middle, high = (
        _unsorted(keys[start + (length * q).astype(np.int64)]).astype(np.float64) for q in (0.25, 0.5, 0.75)
    )
    return RegionOutlines(
        region=region,
        class_id=sight.given.ravel()[places[region - 1]],
        length=length,
        low=low,
        middle=middle,
        high=high,
    )


_LOWEST = np.int64(1) << 31


def _sortable(values: Float32[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """Whole numbers from 0 to 2^32 that sort like the values."""
    bits = values.view(np.int32).astype(np.int64)
    return np.where(bits < 0, ~bits, bits + _LOWEST)


def _unsorted(keys: Int64[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """The values of `_sortable` in the low bits of keys."""
    low = keys & 0xFFFFFFFF
    return np.where(low < _LOWEST, ~low, low - _LOWEST).astype(np.int32).view(np.float32)


@dataclass
class Outlines:
    """Counts distances over a data set, image by image; parts of a data set merge."""

    num_classes: int
    pixels: Int64[np.ndarray, "distances"] = field(init=False)
    regions: Int64[np.ndarray, "k distances"] = field(init=False)

    def __post_init__(self) -> None:
        self.pixels = np.zeros(_LONGEST_PX + 1, np.int64)
        self.regions = np.zeros((self.num_classes, 2 * _LONGEST_PX + 1), np.int64)

    def update(self, sight: Sight) -> None:
        """Count an image."""
        seen = sight.agreed[sight.given_regions[0]]
        at = np.flatnonzero(sight.given_outline)
        signed = _signed(sight, at)
        both = cv2.erode(seen.view(np.uint8), _CROSS).ravel()[at] > 0
        distances = np.rint(np.abs(signed[both])).astype(np.int64)
        self.pixels += np.bincount(np.minimum(distances, _LONGEST_PX), minlength=_LONGEST_PX + 1)
        found = _quartiles(sight, at, signed)
        long = (found.length >= LEAST_OUTLINE_PX) & sight.agreed[found.region]
        middle = np.clip(np.rint(found.middle[long]), -_LONGEST_PX, _LONGEST_PX).astype(np.int64)
        np.add.at(self.regions, (found.class_id[long], middle + _LONGEST_PX), 1)

    def merge(self, other: "Outlines") -> None:
        """Take in what `other` counted."""
        self.pixels += other.pixels
        self.regions += other.regions

    def tolerance_px(self) -> float:
        """How far a pixel of an outline may be off: 95 % of right ones lie within it."""
        return max(LEAST_PX, OVER_MEDIAN * _median(self.pixels, first=-0.5, fold=True))

    def usual_px(self) -> Float64[np.ndarray, "k"]:
        """Where predicted outlines of each class lie in the middle: networks draw some classes larger."""
        return np.array([_median(row, first=-_LONGEST_PX - 0.5) for row in self.regions])

    def bias_tolerance_px(self) -> float:
        """How far the middle of a whole region's outline may be off from what is usual for its class."""
        usual = np.rint(self.usual_px()).astype(np.int64)
        away = np.abs(np.arange(-_LONGEST_PX, _LONGEST_PX + 1)[None] - usual[:, None])
        spread = np.bincount(away.ravel(), weights=self.regions.ravel().astype(np.float64))
        return max(LEAST_PX, OVER_MEDIAN * _median(spread, first=-0.5, fold=True))


def _median(counts: np.ndarray, *, first: float, fold: bool = False) -> float:
    """The median of values that were rounded, as if spread evenly over the width of their bin.

    Args:
        counts: of rounded values, one bin a pixel.
        first: where the first bin begins.
        fold: values are absolute, so that the first bin is half as wide.
    """
    total = counts.sum()
    if not total:
        return 0.0
    reached = np.cumsum(counts)
    bin_ = int(np.searchsorted(reached, total / 2))
    before = reached[bin_] - counts[bin_]
    inside = float((total / 2 - before) / counts[bin_])
    return 0.5 * inside if fold and bin_ == 0 else first + bin_ + inside
