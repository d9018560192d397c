"""Compiled loops over whole label maps: each does in one pass what numpy does in many."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64, Shaped, UInt8

from truemask.types import IGNORE

BLOCK = 2048
"""Pixels that are looked at class by class, so that what is known of them stays in the nearest cache."""
HALF = np.float32(0.5)


@numba.njit(cache=True)
@no_type_check
def most_probable(probs: Shaped[np.ndarray, "k n"], out: UInt8[np.ndarray, "n"]) -> None:
    """The first of the most probable classes of each pixel."""
    k, n = probs.shape
    best, top = np.empty(BLOCK, probs.dtype), np.empty(BLOCK, np.int32)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        for i in range(size):
            best[i], top[i] = probs[0, start + i], 0
        for c in range(1, k):
            row, name = probs[c, start : start + size], np.int32(c)
            for i in range(size):
                more = row[i] > best[i]
                best[i] = row[i] if more else best[i]
                top[i] = name if more else top[i]
        for i in range(size):
            out[start + i] = top[i]


@numba.njit(cache=True)
@no_type_check
def region_table(ids: Int32[np.ndarray, "h w"], table: Int64[np.ndarray, "n 7"]) -> None:
    """Top, left, bottom, right (exclusive), pixels, sum of rows and of columns of each id from 1."""
    height, width = ids.shape
    for i in range(len(table)):
        table[i, 0], table[i, 1] = height, width
        table[i, 2:] = 0
    for y in range(height):
        x = 0
        while x < width:
            i, start = ids[y, x], x
            while x < width and ids[y, x] == i:
                x += 1
            if i == 0:
                continue
            row = table[i]
            row[0] = min(row[0], y)
            row[1] = min(row[1], start)
            row[2] = y + 1
            row[3] = max(row[3], x)
            row[4] += x - start
            row[5] += y * (x - start)
            row[6] += (start + x - 1) * (x - start) // 2


@numba.njit(cache=True)
@no_type_check
def differing(
    regions: Int32[np.ndarray, "h w"], differ: Bool[np.ndarray, "h w"], counts: Int64[np.ndarray, "n"]
) -> None:
    """Add to `counts` the pixels of each region that differ."""
    here, wrong = regions.ravel(), differ.ravel()
    for i in range(len(here)):
        if wrong[i]:
            counts[here[i]] += 1


@numba.njit(cache=True)
@no_type_check
def overlaps(
    given: Int32[np.ndarray, "h w"],
    predicted: Int32[np.ndarray, "h w"],
    same: Bool[np.ndarray, "h w"],
    pairs: Int64[np.ndarray, "n 3"],
) -> int:
    """Runs of pixels with one given and one predicted region, where both are `same`, as rows of `pairs`.

    A row is a given region, a predicted one, and the length of the run. What does not fit is only counted.
    """
    here, there, alike = given.ravel(), predicted.ravel(), same.ravel()
    count, i, n = 0, 0, len(here)
    while i < n:
        if not alike[i]:
            i += 1
            continue
        a, b, start = here[i], there[i], i
        while i < n and alike[i] and here[i] == a and there[i] == b:
            i += 1
        if count < len(pairs):
            pairs[count, 0], pairs[count, 1], pairs[count, 2] = a, b, i - start
        count += 1
    return count


@numba.njit(cache=True)
@no_type_check
def beyond(
    differ: Bool[np.ndarray, "h w"],
    taken: Int32[np.ndarray, "h w"],
    depths: tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]],
    outline_px: float,
    core: Bool[np.ndarray, "h w"],
    index: Int64[np.ndarray, "n"],
) -> tuple[int, int]:
    """Fill in which pixels differ and are in nothing yet, and of these the core: far from an outline.

    An outline runs between pixels: the middle of one beside it is half a pixel away.

    Returns:
        How many differ, and how many of them are core. What does not fit in `index` is only counted.
    """
    wrong, ids, middle = differ.ravel(), taken.ravel(), core.ravel()
    one, other = depths[0].ravel(), depths[1].ravel()
    count, inner = 0, 0
    for i in range(len(wrong)):
        if not wrong[i] or ids[i]:
            continue
        if count < len(index):
            index[count] = i
        count += 1
        if max(one[i], other[i]) + HALF > outline_px:
            middle[i] = True
            inner += 1
    return count, inner


@numba.njit(cache=True)
@no_type_check
def near(
    places: Bool[np.ndarray, "h w"],
    index: Int64[np.ndarray, "n"],
    offsets: Int64[np.ndarray, "m 2"],
    found: Bool[np.ndarray, "n"],
) -> None:
    """Which pixels of `index` have one of the places at one of the offsets (nearest first)."""
    height, width = places.shape
    for i in range(len(index)):
        y, x = index[i] // width, index[i] % width
        for j in range(len(offsets)):
            v, u = y + offsets[j, 0], x + offsets[j, 1]
            if 0 <= v < height and 0 <= u < width and places[v, u]:
                found[i] = True
                break


@numba.njit(cache=True)
@no_type_check
def class_counts(
    given: UInt8[np.ndarray, "h w"], predicted: UInt8[np.ndarray, "h w"], counts: Int64[np.ndarray, "2 256"]
) -> None:
    """Pixels with a label by given and by predicted class, added to `counts`."""
    a, b = given.ravel(), predicted.ravel()
    for i in range(len(a)):
        if a[i] != IGNORE:
            counts[0, a[i]] += 1
            counts[1, b[i]] += 1
