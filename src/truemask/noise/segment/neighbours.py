"""Which segments lie so close together that they may be taken for one, and what lies between them."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from truemask.crops import Crop
from truemask.noise.segment.pieces import Window, both, seen_in, window_of
from truemask.noise.segment.units import Segments

_FAR = 1 << 30
"""Steps to where there is nothing: more than any image has."""


def larger_neighbours(
    found: Segments,
    crops: tuple[Crop, ...],
    *,
    gap_px: int,
    same_class: bool,
    free: Bool[np.ndarray, "h w"] | None = None,
) -> tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"]]:
    """For each segment the closest larger one at most gap_px away, or -1; and how wide the gap is.

    Of segments alike in area the one with the smaller name counts as larger; of neighbours at one distance
    the larger is taken. So every pair has one segment that may go into the other, and there is no circle.

    Args:
        found: the segments.
        crops: their masks.
        gap_px: how many pixels may lie between two; 0: they touch, by a corner at least, or overlap.
        same_class: whether only segments of one class are neighbours.
        free: pixels that may lie between; None: any. Two that such pixels do not connect are no neighbours.
    """
    order = np.lexsort((-found.names, found.areas_px))
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    box_gaps = _box_gaps(crops)
    possible = (box_gaps <= gap_px) & (rank[None] > rank[:, None])
    if same_class:
        possible &= found.classes[None] == found.classes[:, None]
    closest, gaps = np.full((2, len(found)), -1, dtype=np.int64)
    for one in np.flatnonzero(possible.any(axis=1)).tolist():
        others = np.flatnonzero(possible[one])
        best = (gap_px + 2, 0)
        for other in others[np.argsort(box_gaps[one, others], kind="stable")].tolist():
            if box_gaps[one, other] + 1 > best[0]:
                break  # its pixels are farther away than its box
            steps = _steps(crops[one], crops[other])
            if (steps, -rank[other]) < best and steps <= gap_px + 1:
                if free is not None and not _connected(crops[one], crops[other], steps, free):
                    continue
                best = (steps, -int(rank[other]))
                closest[one], gaps[one] = other, max(0, steps - 1)
    return closest, gaps


def bridge(
    one: Crop, other: Crop, gap_px: int, free: Bool[np.ndarray, "h w"] | None
) -> tuple[UInt8[np.ndarray, "rows columns"], Window]:
    """The pixels between two segments, and the window that they are in.

    Those are all on the shortest ways from one to the other, and the straight stretches (along rows, columns
    and diagonals) of at most gap_px that end at both.
    """
    window = window_of(one, 2 * (gap_px + 1))
    mine, theirs = seen_in(one, window), seen_in(other, window)
    ways = _to(mine) + _to(theirs)
    between = (ways == ways.min()) | _stretches(mine, theirs, gap_px)
    between &= (mine == 0) & (theirs == 0)
    if free is not None:
        between &= free[window.top : window.bottom, window.left : window.right]
    return between.view(np.uint8), window


def _stretches(
    mine: UInt8[np.ndarray, "h w"], theirs: UInt8[np.ndarray, "h w"], gap_px: int
) -> Bool[np.ndarray, "h w"]:
    """Pixels from which straight ways lead to both masks, in opposite directions, at most gap_px between."""
    found = np.zeros(mine.shape, dtype=bool)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for one, other in ((mine, theirs), (theirs, mine)):
            found |= _ahead(one, down, right, gap_px) + _ahead(other, -down, -right, gap_px) <= gap_px + 1
    return found


def _ahead(mask: UInt8[np.ndarray, "h w"], down: int, right: int, gap_px: int) -> Int64[np.ndarray, "h w"]:
    """Steps from each pixel to the mask in one direction, up to gap_px; many where it is farther."""
    height, width = mask.shape
    wide = cv2.copyMakeBorder(mask, *(gap_px,) * 4, cv2.BORDER_CONSTANT, value=0)
    steps = np.full(mask.shape, _FAR, dtype=np.int64)
    for far in range(gap_px, 0, -1):
        top, left = gap_px + far * down, gap_px + far * right
        steps[wide[top : top + height, left : left + width] == 1] = far
    return steps


def _box_gaps(crops: tuple[Crop, ...]) -> Int64[np.ndarray, "n n"]:
    """Pixels between the boxes of each pair; 0 where they touch or overlap, many where one is empty."""
    apart = np.zeros((len(crops), len(crops)), dtype=np.int64)
    for axis in (0, 1):
        start = np.array([(one.top, one.left)[axis] for one in crops], dtype=np.int64)
        end = start + np.array([one.mask.shape[axis] for one in crops], dtype=np.int64)
        apart = np.maximum(apart, np.maximum(start[None] - end[:, None], start[:, None] - end[None]))
    empty = np.array([not one.mask.size for one in crops], dtype=bool)
    apart[empty] = apart[:, empty] = _FAR
    return apart


def _steps(one: Crop, other: Crop) -> int:
    """Steps from pixel to pixel, by corners too, that lead from one to the other."""
    window = both(window_of(one, 0), window_of(other, 0))
    return int(_to(seen_in(one, window))[seen_in(other, window) == 1].min())


def _connected(one: Crop, other: Crop, steps: int, free: Bool[np.ndarray, "h w"]) -> bool:
    """Whether free pixels on the shortest ways lead from one to the other."""
    if steps <= 1:
        return True
    between, window = _ways(one, other, steps)
    between &= free[window.top : window.bottom, window.left : window.right]
    mine, theirs = seen_in(one, window), seen_in(other, window)
    _, numbers = cv2.connectedComponents(between.view(np.uint8) | mine | theirs, connectivity=8)
    return len(np.intersect1d(numbers[mine == 1], numbers[theirs == 1])) > 0


def _ways(one: Crop, other: Crop, steps: int) -> tuple[Bool[np.ndarray, "rows columns"], Window]:
    """The pixels on the shortest ways from one to the other, and the window around all of it."""
    window = window_of(one, 2 * steps)
    mine, theirs = seen_in(one, window), seen_in(other, window)
    return (_to(mine) + _to(theirs) == steps) & (mine == 0) & (theirs == 0), window


def _to(mask: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Steps from each pixel to the mask, exact whole numbers; many where the mask is empty."""
    if not mask.any():
        return np.full(mask.shape, _FAR, dtype=np.float32)
    return np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_C, 3), dtype=np.float32)
