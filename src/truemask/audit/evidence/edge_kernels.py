"""Compiled loops over windows around segments."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64, UInt8


@numba.njit(inline="always")
@no_type_check
def _on_outline(
    given: UInt8[np.ndarray, "h w"],
    changed: tuple[Int32[np.ndarray, "h w"], UInt8[np.ndarray, "h w"], int],
    window: tuple[int, int, int, int],
    place: tuple[int, int],
) -> tuple[bool, bool]:
    """Whether a pixel is on an outline within its window: as it is, and with one segment changed."""
    top, left, bottom, right = window
    ids, proposed, one = changed
    y, x = place
    before, after = given[y, x], proposed[y, x] if ids[y, x] == one else given[y, x]
    was, will = False, False
    for down, across in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        v, u = y + down, x + across
        if top <= v < bottom and left <= u < right:
            was |= given[v, u] != before
            will |= (proposed[v, u] if ids[v, u] == one else given[v, u]) != after
    return was, will


@numba.njit(cache=True)
@no_type_check
def means(
    steep: Float32[np.ndarray, "h w"],
    labels: tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]],
    ids: Int32[np.ndarray, "h w"],
    boxes: Int64[np.ndarray, "n 4"],
    margin_px: int,
    out: Float64[np.ndarray, "n 3"],
) -> None:
    """Mean gradient on outlines that only given labels have, that only proposed ones have, and all around.

    Args:
        steep: gradient of the image.
        labels: given ones, and the proposed ones of all segments.
        ids: segment of each pixel, from 1; 0: none.
        boxes: x0, y0, x1, y1 of each segment.
        margin_px: how far around a segment is looked.
        out: to fill in. An outline that nobody draws counts as what is around.
    """
    height, width = ids.shape
    for s in range(len(boxes)):
        left, top = max(0, boxes[s, 0] - margin_px), max(0, boxes[s, 1] - margin_px)
        right, bottom = min(width, boxes[s, 2] + margin_px), min(height, boxes[s, 3] + margin_px)
        total, old, new, lost, drawn = 0.0, 0.0, 0.0, 0, 0
        for y in range(top, bottom):
            for x in range(left, right):
                total += steep[y, x]
                was, will = _on_outline(
                    labels[0], (ids, labels[1], s + 1), (top, left, bottom, right), (y, x)
                )
                if was and not will:
                    old, lost = old + steep[y, x], lost + 1
                elif will and not was:
                    new, drawn = new + steep[y, x], drawn + 1
        around = total / max(1, (bottom - top) * (right - left))
        out[s, 0] = old / lost if lost else around
        out[s, 1] = new / drawn if drawn else around
        out[s, 2] = around
