"""One label map, and what follows from it alone: its regions, their outlines, and how deep pixels lie."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64, UInt8

from truemask.audit.semantic import map_kernels
from truemask.audit.stream import LabelMap
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE


@dataclass(frozen=True)
class LabelRegions:
    """Connected regions of one class each; IGNORE is in none.

    Args:
        labels: class ids.
    """

    labels: LabelMap

    @cached_property
    def found(self) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
        """Each pixel's region, from 1 (0: IGNORE), and the regions' first places."""
        return segments(self.labels, None)

    @cached_property
    def table(self) -> Int64[np.ndarray, "regions 7"]:
        """Of each region, see `map_kernels.region_table`; row 0 is nobody's."""
        return extents(self.found[0], len(self.found[1]))

    @property
    def sizes(self) -> Int64[np.ndarray, "regions"]:
        """Pixels of each region; place 0 is nobody's."""
        return self.table[:, 4]

    @cached_property
    def outline(self) -> Bool[np.ndarray, "h w"]:
        """Pixels with a neighbour (above, below, beside) of another class; IGNORE is no class."""
        labels, found = self.labels, np.zeros(self.labels.shape, bool)
        known = labels != IGNORE
        down = (labels[1:] != labels[:-1]) & known[1:] & known[:-1]
        across = (labels[:, 1:] != labels[:, :-1]) & known[:, 1:] & known[:, :-1]
        found[1:] |= down
        found[:-1] |= down
        found[:, 1:] |= across
        found[:, :-1] |= across
        return found

    @cached_property
    def depth(self) -> Float32[np.ndarray, "h w"]:
        """Distance of each pixel from the nearest outline; 0 on it."""
        return distance_from(self.outline)


def extents(ids: Int32[np.ndarray, "h w"], count: int) -> Int64[np.ndarray, "regions 7"]:
    """Where regions lie, so that work on one of them costs its own size and not the image's.

    Top, left, bottom, right (exclusive), pixels, sum of rows and of columns of each id; row 0 is nobody's.
    """
    table = np.empty((count + 1, 7), np.int64)
    map_kernels.region_table(ids, table)
    return table


def distance_from(places: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Distance in pixels from the nearest of these places; the image's diagonal where there is none."""
    farthest = np.float32(np.hypot(*places.shape))
    if not places.any():
        return np.full(places.shape, farthest, np.float32)
    away: UInt8[np.ndarray, "h w"] = (~places).view(np.uint8)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
