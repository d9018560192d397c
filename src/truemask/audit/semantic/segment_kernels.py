"""Compiled loops over the pixels of segments and what lies around them."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64, Shaped, UInt8

from truemask.types import IGNORE

HALF = np.float32(0.5)
"""Half a pixel: from the middle of a pixel beside an outline to the outline."""


@numba.njit(cache=True)
@no_type_check
def surroundings(
    ids: Int32[np.ndarray, "h w"],
    at: Int64[np.ndarray, "pixels"],
    starts: Int64[np.ndarray, "n_1"],
    classes: tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]],
    regions: tuple[Int32[np.ndarray, "h w"], Int32[np.ndarray, "h w"]],
    sizes: tuple[Int64[np.ndarray, "g"], Int64[np.ndarray, "p"]],
    out: Int64[np.ndarray, "n 4"],
) -> None:
    """What touches each segment of one given and one predicted class.

    Counted are given regions of its predicted class that its predicted region reaches, and predicted regions
    of its given class that its given region reaches, both only where larger than the segment; and the given
    classes of other given regions. Last, 1 if the segment touches the border of the image.

    Args:
        ids: segment of each pixel, from 1; 0: none.
        at: pixels of the segments, one segment after the other.
        starts: where each begins, and the end.
        classes: given and predicted.
        regions: given and predicted.
        sizes: pixels of each given and of each predicted region; place 0 is nobody's.
        out: zeros, to fill in.
    """
    height, width = ids.shape
    given, predicted = classes
    here, there = regions
    # Which segment saw a region, or a class, last: so that each counts once a segment.
    saw_here, saw_there = np.full(len(sizes[0]), -1), np.full(len(sizes[1]), -1)
    saw_class = np.full(256, -1)
    for s in range(len(starts) - 1):
        row, first, area = out[s], at[starts[s]], starts[s + 1] - starts[s]
        y, x = first // width, first % width
        a, b, region, other = given[y, x], predicted[y, x], here[y, x], there[y, x]
        for i in range(starts[s], starts[s + 1]):
            y, x = at[i] // width, at[i] % width
            if y in (0, height - 1) or x in (0, width - 1):
                row[3] = 1
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    label = given[v, u]
                    if ids[v, u] == s + 1 or label == IGNORE:
                        continue
                    mine, theirs = here[v, u], there[v, u]
                    if label == b and theirs == other and saw_here[mine] != s:
                        saw_here[mine] = s
                        row[0] += sizes[0][mine] > area
                    if predicted[v, u] == a and mine == region and saw_there[theirs] != s:
                        saw_there[theirs] = s
                        row[1] += sizes[1][theirs] > area
                    if mine != region and saw_class[label] != s:
                        saw_class[label] = s
                        row[2] += 1


@numba.njit(cache=True)
@no_type_check
def farthest(
    at: Int64[np.ndarray, "pixels"],
    starts: Int64[np.ndarray, "n_1"],
    depths: tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]],
    out: Float32[np.ndarray, "n"],
) -> None:
    """How far each segment reaches, at most, from the given or from the predicted outline; `out`: zeros."""
    one, other = depths[0].ravel(), depths[1].ravel()
    for s in range(len(out)):
        for i in range(starts[s], starts[s + 1]):
            out[s] = max(out[s], one[at[i]], other[at[i]])


@numba.njit(cache=True)
@no_type_check
def sums(
    numbers: Int64[np.ndarray, "pixels"],
    at: Int64[np.ndarray, "pixels"],
    ids: Int32[np.ndarray, "h w"],
    classes: tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]],
    regions: tuple[Int32[np.ndarray, "h w"], Int32[np.ndarray, "h w"]],
    sizes: tuple[Int64[np.ndarray, "g"], Int64[np.ndarray, "p"]],
    depths: tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]],
    outline_px: float,
    seen: Float64[np.ndarray, "columns pixels"],
    out: Float64[np.ndarray, "n columns_9"],
) -> None:
    """Add up, over the pixels of each segment, what is measured of them.

    Args:
        numbers: row of `out` that each pixel belongs to.
        at: the pixels.
        ids: segment of each pixel of the image, from 1; 0: none.
        classes, regions, sizes, depths: of given labels and of predictions, as in `kinds`.
        outline_px: what a pixel of an outline may be off.
        seen: values of each pixel, to be added up as they are.
        out: the sums of these; pixels of the given and of the predicted region and the inverse of both;
            pixels near a given outline; the largest distance from an outline; pixels that differ; labelled
            neighbours outside of the segment, and those of them that are predicted as given.
    """
    height, width = ids.shape
    given, predicted = classes
    k = len(seen)
    for i in range(len(at)):
        row, y, x = out[numbers[i]], at[i] // width, at[i] % width
        for c in range(k):
            row[c] += seen[c, i]
        mine, theirs = sizes[0][regions[0][y, x]], sizes[1][regions[1][y, x]]
        row[k] += mine
        row[k + 1] += theirs
        row[k + 2] += 1 / mine
        row[k + 3] += 1 / theirs
        row[k + 4] += depths[0][y, x] + HALF <= outline_px
        row[k + 5] = max(row[k + 5], max(depths[0][y, x], depths[1][y, x]) + HALF)
        row[k + 6] += given[y, x] != predicted[y, x] and given[y, x] != IGNORE
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            v, u = y + down, x + right
            if 0 <= v < height and 0 <= u < width and ids[v, u] != ids[y, x] and given[v, u] != IGNORE:
                row[k + 7] += 1
                row[k + 8] += given[v, u] == predicted[v, u]


@numba.njit(cache=True)
@no_type_check
def one_after_the_other(
    ids: Int32[np.ndarray, "h w"], starts: Int64[np.ndarray, "n_1"], at: Int64[np.ndarray, "pixels"]
) -> None:
    """Row-major places of the pixels of each id from 1, id after id; where each begins, and the end.

    Args:
        ids: 0 is nobody's.
        starts: zeros, one more than there are ids.
        at: as long as all ids have pixels together.
    """
    flat = ids.ravel()
    for i in range(len(flat)):
        if flat[i] > 0:
            starts[flat[i]] += 1
    for i in range(1, len(starts)):
        starts[i] += starts[i - 1]
    free = starts[:-1].copy()
    for i in range(len(flat)):
        if flat[i] > 0:
            at[free[flat[i] - 1]] = i
            free[flat[i] - 1] += 1


@numba.njit(cache=True)
@no_type_check
def largest_near(
    planes: Shaped[np.ndarray, "k h w"],
    given: UInt8[np.ndarray, "h w"],
    beside: Bool[np.ndarray, "h w"],
    reach: Int64[np.ndarray, "d"],
    own: Shaped[np.ndarray, "h w"],
) -> None:
    """Set `own` to the largest value of the given class within a disc, at the pixels `beside` an outline.

    Args:
        planes: a value of each class.
        given: class ids.
        beside: which pixels.
        reach: how far the disc reaches to either side, in each of its rows.
        own: to be set. Beyond the border of the image, its outermost pixels go on.
    """
    height, width = given.shape
    up = len(reach) // 2
    for y in range(height):
        for x in range(width):
            if not beside[y, x]:
                continue
            plane, best = planes[given[y, x]], own[y, x]
            for d in range(len(reach)):
                v = min(max(y + d - up, 0), height - 1)
                for u in range(max(x - reach[d], 0), min(x + reach[d] + 1, width)):
                    best = max(best, plane[v, u])
            own[y, x] = best
