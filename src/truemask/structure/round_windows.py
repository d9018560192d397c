"""Sums over round windows by running sums along rows: as many steps a pixel as the window has rows.

A row of a disk is a stretch, and the sum of a stretch is the difference of two running sums. Epanechnikov's
weights are a parabola along each row, which running sums of v, x v and x^2 v give in the same way.
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
    out = np.zeros(values.shape)
    running = _room(values, _reach(radius_px))
    _run(values, running)
    _disk(running, _half_widths(radius_px), out)
    return out


def parabola_sums(values: Float32[np.ndarray, "h w"], radius_px: float) -> Float64[np.ndarray, "h w"]:
    """The same, each value times 1 - distance^2 / radius^2.

    Args:
        values: any.
        radius_px: where weights get to 0.
    """
    out = np.zeros(values.shape)
    none, one, two = (_room(values, _reach(radius_px)) for _ in range(3))
    _run_moments(values, none, one, two)
    _parabola(none, one, two, _half_widths(radius_px), 1 / radius_px**2, out)
    return out


def _reach(radius_px: float) -> int:
    return int(radius_px)


def _half_widths(radius_px: float) -> Int64[np.ndarray, "d"]:
    """How far the disk reaches to either side, from its top row to its bottom row."""
    steps = np.arange(-_reach(radius_px), _reach(radius_px) + 1)
    room = radius_px**2 - steps**2
    found = np.floor(np.sqrt(room)).astype(np.int64)
    # A root may come out a hair too small or too large where the radius is a whole number.
    found += (found + 1) ** 2 <= room
    return np.asarray(found - (found**2 > room))


def _room(values: Float32[np.ndarray, "h w"], reach: int) -> Float64[np.ndarray, "h n"]:
    """For running sums up to but without each column; `reach` columns more at both ends."""
    height, width = values.shape
    return np.zeros((height, width + 2 * reach + 1))


# Kernels read slices that start at 0, so that the compiler knows no index is negative and takes many pixels
# at once.


@numba.njit(cache=True)
@no_type_check
def _run(values, none):
    height, width = values.shape
    start = (none.shape[1] - width + 1) // 2
    for y in range(height):
        total = 0.0
        for x in range(width):
            total += values[y, x]
            none[y, x + start] = total
        none[y, width + start :] = total


@numba.njit(cache=True)
@no_type_check
def _run_moments(values, none, one, two):
    """Sums of values times column^0, ^1 and ^2; columns count from the middle, so that squares stay small."""
    height, width = values.shape
    start = (none.shape[1] - width + 1) // 2
    for y in range(height):
        total_0 = total_1 = total_2 = 0.0
        for x in range(width):
            value, at = values[y, x], float(x - width // 2)
            total_0 += value
            total_1 += at * value
            total_2 += at * at * value
            none[y, x + start] = total_0
            one[y, x + start] = total_1
            two[y, x + start] = total_2
        none[y, width + start :] = total_0
        one[y, width + start :] = total_1
        two[y, width + start :] = total_2


@numba.njit(cache=True)
@no_type_check
def _disk(running, halves, out):
    height, width = out.shape
    reach = len(halves) // 2
    for y in range(height):
        line = out[y]
        for step in range(max(-reach, -y), min(reach, height - 1 - y) + 1):
            first = reach - halves[step + reach]
            after = reach + halves[step + reach] + 1
            lows, highs = running[y + step, first : first + width], running[y + step, after : after + width]
            for x in range(width):
                line[x] += highs[x] - lows[x]


@numba.njit(cache=True)
@no_type_check
def _parabola(none, one, two, halves, scale, out):
    height, width = out.shape
    reach = len(halves) // 2
    sums_0, sums_1 = np.empty(width), np.empty(width)
    for y in range(height):
        sums_0[:] = 0
        sums_1[:] = 0
        line = out[y]
        for step in range(max(-reach, -y), min(reach, height - 1 - y) + 1):
            level = 1 - step * step * scale
            first = reach - halves[step + reach]
            after = reach + halves[step + reach] + 1
            row_0, row_1, row_2 = none[y + step], one[y + step], two[y + step]
            lows_0, highs_0 = row_0[first : first + width], row_0[after : after + width]
            lows_1, highs_1 = row_1[first : first + width], row_1[after : after + width]
            lows_2, highs_2 = row_2[first : first + width], row_2[after : after + width]
            for x in range(width):
                sum_0 = highs_0[x] - lows_0[x]
                sums_0[x] += sum_0
                sums_1[x] += highs_1[x] - lows_1[x]
                line[x] += level * sum_0 - scale * (highs_2[x] - lows_2[x])
        # (c - x)^2 = c^2 - 2 c x + x^2 over the columns c of all stretches.
        for x in range(width):
            at = float(x - width // 2)
            line[x] -= scale * (at * at * sums_0[x] - 2 * at * sums_1[x])
