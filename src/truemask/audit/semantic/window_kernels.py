"""Compiled loops over the parts of an image around regions."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64


@numba.njit(cache=True)
@no_type_check
def apart(
    given: Int32[np.ndarray, "h w"],
    predicted: Int32[np.ndarray, "h w"],
    known: Bool[np.ndarray, "h w"],
    pair: tuple[int, int],
    shift: tuple[int, int],
) -> tuple[int, int]:
    """Labelled pixels in one of a given and a predicted region only: as it is, and if it were moved.

    What leaves the window is gone.
    """
    height, width = given.shape
    before, after = 0, 0
    for y in range(height):
        v = y - shift[0]
        for x in range(width):
            there = known[y, x] and predicted[y, x] == pair[1]
            here = given[y, x] == pair[0]
            before += here != there
            u = x - shift[1]
            moved = 0 <= v < height and 0 <= u < width and given[v, u] == pair[0] and known[y, x]
            after += moved != there
    return before, after


@numba.njit(cache=True)
@no_type_check
def moved(
    regions: tuple[Int32[np.ndarray, "h w"], Int32[np.ndarray, "h w"]],
    known: Bool[np.ndarray, "h w"],
    pairs: Int64[np.ndarray, "n 2"],
    shifts: Int64[np.ndarray, "n 2"],
    windows: Int64[np.ndarray, "n 4"],
    out: Int64[np.ndarray, "n 2"],
) -> None:
    """What `apart` says of pairs of regions, each with its shift and its window, into `out`."""
    for i in range(len(pairs)):
        top, left, bottom, right = windows[i]
        here, there = regions[0][top:bottom, left:right], regions[1][top:bottom, left:right]
        pair, shift = (pairs[i, 0], pairs[i, 1]), (shifts[i, 0], shifts[i, 1])
        out[i] = apart(here, there, known[top:bottom, left:right], pair, shift)


@numba.njit(cache=True)
@no_type_check
def peeled(
    regions: Int32[np.ndarray, "h w"],
    differ: Bool[np.ndarray, "h w"],
    depth: Float32[np.ndarray, "h w"],
    table: Int64[np.ndarray, "regions _"],
    chosen: Int64[np.ndarray, "n"],
    px: Float32[np.ndarray, "n"],
    out: Int64[np.ndarray, "n 4"],
) -> None:
    """What is left of regions without a rim of so many pixels, and whether it is the rim that differs.

    Args:
        regions: of each pixel, from 1; 0: none.
        differ: where another class is predicted.
        depth: distance from the outline.
        table: top, left, bottom, right (exclusive) of each region.
        chosen: regions.
        px: width of the rim of each.
        out: to fill in: pixels that differ; pixels within the rim, and those of them that do not differ;
            pixels that either differ or are of the rim.
    """
    for i in range(len(chosen)):
        wrong, inner, right, either = 0, 0, 0, 0
        region, row = chosen[i], table[chosen[i]]
        for y in range(row[0], row[2]):
            for x in range(row[1], row[3]):
                if regions[y, x] == region:
                    deep = depth[y, x] >= px[i]
                    wrong += differ[y, x]
                    inner += deep
                    right += deep and not differ[y, x]
                    either += differ[y, x] == deep
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = wrong, inner, right, either
