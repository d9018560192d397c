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
    _disk(_running(values, _reach(radius_px), 0), _half_widths(radius_px), out)
    return out


def parabola_sums(values: Float32[np.ndarray, "h w"], radius_px: float) -> Float64[np.ndarray, "h w"]:
    """The same, each value times 1 - distance^2 / radius^2.

    Args:
        values: any.
        radius_px: where weights get to 0.
    """
    out = np.zeros(values.shape)
    reach = _reach(radius_px)
    none, one, two = (_running(values, reach, power) for power in range(3))
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


def _running(values: Float32[np.ndarray, "h w"], reach: int, power: int) -> Float64[np.ndarray, "h n"]:
    """Sums of values times column^power, up to but without each column; `reach` columns more at both ends.

    Columns are counted from the middle of the image, so that their squares stay small.
    """
    height, width = values.shape
    columns = (np.arange(width) - width // 2).astype(np.float64) ** power
    sums = np.zeros((height, width + 2 * reach + 1))
    np.cumsum(values * columns, axis=1, out=sums[:, reach + 1 : reach + 1 + width])
    sums[:, reach + 1 + width :] = sums[:, reach + width, None]
    return sums


@numba.njit(cache=True)
@no_type_check
def _disk(running, halves, out):
    height, width = out.shape
    reach = len(halves) // 2
    for y in range(height):
        for step in range(max(-reach, -y), min(reach, height - 1 - y) + 1):
            half = halves[step + reach]
            row = running[y + step]
            for x in range(width):
                out[y, x] += row[x + reach + half + 1] - row[x + reach - half]


@numba.njit(cache=True)
@no_type_check
def _parabola(none, one, two, halves, scale, out):
    height, width = out.shape
    reach = len(halves) // 2
    for y in range(height):
        for step in range(max(-reach, -y), min(reach, height - 1 - y) + 1):
            half = halves[step + reach]
            level = 1 - step * step * scale
            row_0, row_1, row_2 = none[y + step], one[y + step], two[y + step]
            for x in range(width):
                first, after = x + reach - half, x + reach + half + 1
                at = float(x - width // 2)
                sum_0 = row_0[after] - row_0[first]
                sum_1 = row_1[after] - row_1[first]
                sum_2 = row_2[after] - row_2[first]
                # (c - x)^2 = c^2 - 2 c x + x^2 over the columns c of the stretch.
                out[y, x] += level * sum_0 - scale * (sum_2 - 2 * at * sum_1 + at * at * sum_0)
