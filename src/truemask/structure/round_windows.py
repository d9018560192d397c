"""Sums over round windows by running sums along rows: half as many steps a pixel as the window has rows.

A row of a disk is a stretch, and the sum of a stretch is the difference of two running sums. Epanechnikov's
weights are a parabola along each row, whose second differences are constant: running sums of running sums of
running sums give their sum (Abel's summation by parts, twice). What a row of the image adds to the row `step`
above it, it adds to the row `step` below, too, so each is worked out once.
"""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Int64


def disk_sums(values: Float32[np.ndarray, "h w"], radius_px: float) -> Float64[np.ndarray, "h w"]:
    """Sums of what lies within a radius of each pixel; nothing lies beyond the edge of the image.

    Args:
        values: any.
        radius_px: a pixel at just this distance counts.
    """
    out = _room(values, radius_px)
    _disk(values, _half_widths(radius_px), out)
    return _inside(out, radius_px)


def parabola_sums(values: Float32[np.ndarray, "h w"], radius_px: float) -> Float64[np.ndarray, "h w"]:
    """The same, each value times 1 - distance^2 / radius^2.

    Args:
        values: any.
        radius_px: where weights get to 0.
    """
    out = _room(values, radius_px)
    _parabola(values, _half_widths(radius_px), 1 / radius_px**2, out)
    return _inside(out, radius_px)


def _reach(radius_px: float) -> int:
    return int(radius_px)


def _half_widths(radius_px: float) -> Int64[np.ndarray, "r"]:
    """How far the disk reaches to either side, from its middle row to its bottom row."""
    steps = np.arange(_reach(radius_px) + 1)
    room = radius_px**2 - steps**2
    found = np.floor(np.sqrt(room)).astype(np.int64)
    # A root may come out a hair too small or too large where the radius is a whole number.
    found += (found + 1) ** 2 <= room
    return np.asarray(found - (found**2 > room))


def _room(values: Float32[np.ndarray, "h w"], radius_px: float) -> Float64[np.ndarray, "n w"]:
    """For sums around each pixel, with the rows above and below the image that its edge adds to, too."""
    height, width = values.shape
    return np.zeros((height + 2 * _reach(radius_px), width))


def _inside(sums: Float64[np.ndarray, "n w"], radius_px: float) -> Float64[np.ndarray, "h w"]:
    reach = _reach(radius_px)
    return sums[reach : len(sums) - reach]


# Kernels read slices that start at 0, so that the compiler knows no index is negative and takes many pixels
# at once.


@numba.njit(cache=True)
@no_type_check
def _disk(values, halves, out):
    height, width = values.shape
    reach = len(halves) - 1
    once = np.zeros(width + 2 * reach + 1)
    for y in range(height):
        total = 0.0
        for x in range(width):
            total += values[y, x]
            once[x + reach + 1] = total
        once[width + reach + 1 :] = total
        for step in range(reach + 1):
            half = halves[step]
            lows, highs = once[reach - half :][:width], once[reach + half + 1 :][:width]
            above, below = out[y + reach - step], out[y + reach + step]
            if step == 0:
                for x in range(width):
                    above[x] += highs[x] - lows[x]
            else:
                for x in range(width):
                    total = highs[x] - lows[x]
                    above[x] += total
                    below[x] += total


@numba.njit(cache=True)
@no_type_check
def _parabola(values, halves, scale, out):
    height, width = values.shape
    reach = len(halves) - 1
    # Each holds the sum of all before a place of the one above, and `reach` places more at both ends.
    once, twice, thrice = np.zeros((3, width + 2 * reach + 2))
    for y in range(height):
        total_1 = total_2 = total_3 = 0.0
        for x in range(width + reach + 1):
            total_3 += total_2
            total_2 += total_1
            total_1 += values[y, x] if x < width else 0.0
            once[x + reach + 1], twice[x + reach + 1], thrice[x + reach + 1] = total_1, total_2, total_3
        for step in range(reach + 1):
            half = halves[step]
            low, high = reach - half, reach + half + 1
            lows_1, highs_1 = once[low:][:width], once[high:][:width]
            lows_2, highs_2 = twice[low + 1 :][:width], twice[high:][:width]
            lows_3, highs_3 = thrice[low + 2 :][:width], thrice[high:][:width]
            at_end = 1 - scale * (step * step + half * half)
            slope, bend = scale * (2 * half - 1), 2 * scale
            above, below = out[y + reach - step], out[y + reach + step]
            if step == 0:
                at_end, slope, bend = at_end / 2, slope / 2, bend / 2  # above is below
            for x in range(width):
                total = at_end * (highs_1[x] - lows_1[x]) + slope * (highs_2[x] + lows_2[x])
                total -= bend * (highs_3[x] - lows_3[x])
                above[x] += total
                below[x] += total
