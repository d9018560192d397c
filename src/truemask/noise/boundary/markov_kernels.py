"""The steps of Markov boundary growth. Importing this takes numba's half second."""

from typing import no_type_check

import numba
import numpy as np

from truemask.compiled import compiled
from truemask.noise.kernels import GOLDEN, mix

_32 = np.uint64(32)
_OFF, _ON, _BEYOND = np.uint8(0), np.uint8(1), np.uint8(2)


@no_type_check
def _differs(state, p, wide, other):
    """Whether one of the four pixels beside p is `other`."""
    upright = state[p - wide] == other or state[p + wide] == other
    return upright or state[p - 1] == other or state[p + 1] == other


@no_type_check
def _add(lists, length, where, side, p, place):
    """Put p, which is at this place of the image, on the list of its side."""
    lists[side, length[side], 0] = p
    lists[side, length[side], 1] = place
    length[side] += 1
    where[p] = length[side]


@no_type_check
def _remove(lists, length, where, side, p):
    """Take p off the list of its side: the last one gets its place there."""
    length[side] -= 1
    at, last = where[p] - 1, lists[side, length[side], 0]
    lists[side, at, 0], lists[side, at, 1] = last, lists[side, length[side], 1]
    where[last] = at + 1
    where[p] = 0


differs = numba.njit(inline="always")(_differs)
add = numba.njit(inline="always")(_add)
remove = numba.njit(inline="always")(_remove)


@no_type_check
def _outlines(mask, place, across, reach, state, lists, length, where):
    """Fill `state` and the lists with the outlines as they are."""
    height, width = mask.shape
    wide = width + 2
    for y in range(height):
        for x in range(width):
            state[(y + 1) * wide + x + 1] = mask[y, x]
    for y in range(max(0, reach[0] - 1), min(height, reach[2] + 1)):
        for x in range(max(0, reach[1] - 1), min(width, reach[3] + 1)):
            p = (y + 1) * wide + x + 1
            if differs(state, p, wide, _ON - state[p]):
                add(lists, length, where, state[p], p, place + y * across + x)


@no_type_check
def _update(state, wide, across, lists, length, where, side, flips, flipped):
    """Flip these pixels of a side's outline, and bring both lists up to date."""
    for i in range(flipped):
        p = flips[i, 0]
        remove(lists, length, where, side, p)
        state[p] = _ON - side
    for i in range(flipped):
        p, at = flips[i, 0], flips[i, 1]
        for q, there in (
            (p, at),
            (p - wide, at - across),
            (p - 1, at - 1),
            (p + 1, at + 1),
            (p + wide, at + across),
        ):
            its = state[q]
            if its != _BEYOND:
                belongs = differs(state, q, wide, _ON - its)
                if belongs and not where[q]:
                    add(lists, length, where, its, q, there)
                elif where[q] and not belongs:
                    remove(lists, length, where, its, q)


outlines = numba.njit(_outlines)
update = numba.njit(_update)


@no_type_check
def _walk(mask, place, size, outwards, stream, threshold, reach):
    """Flip pixels of the outline, step by step, in place.

    At step t the outer outline (off, with a neighbour that is on) or the inner one (on, with one off) is
    looked at; the pixel at flat place p of the image flips if the high half of draw t * height * width + p
    is below `threshold`. What is beyond the mask's edge is neither on nor off.

    Both outlines are kept as lists, so a step costs the outline's length and not the image's area.

    Args:
        mask: 0 or 1 "h w", changed in place.
        place: flat place in the image of the mask's first pixel.
        size: height and width of the image.
        outwards: for each step whether it is the outer outline's.
        stream: of the draws.
        threshold: see above.
        reach: top, left, bottom, right (exclusive) of what is on; comes filled, leaves extended.
    """
    height, width = mask.shape
    wide, across = width + 2, size[1]
    state = np.full((height + 2) * wide, _BEYOND, dtype=np.uint8)
    # Pixel and place of those in the outer (row 0) and inner outline, and where in its list a pixel is.
    lists, length = np.empty((2, height * width, 2), dtype=np.int64), np.zeros(2, dtype=np.int64)
    where = np.zeros(state.size, dtype=np.int32)
    flips = np.empty((height * width, 2), dtype=np.int64)
    outlines(mask, place, across, reach, state, lists, length, where)
    for t in range(outwards.size):
        side = _OFF if outwards[t] else _ON
        start = stream + np.uint64(t) * np.uint64(size[0] * across) * GOLDEN
        flipped = 0
        # All draws of a step are about the outline as it was before the step.
        for i in range(length[side]):
            if (mix(start + np.uint64(lists[side, i, 1] + 1) * GOLDEN) >> _32) < threshold:
                flips[flipped, 0], flips[flipped, 1] = lists[side, i, 0], lists[side, i, 1]
                flipped += 1
        update(state, wide, across, lists, length, where, side, flips, flipped)
        if side == _OFF:
            for i in range(flipped):
                y, x = flips[i, 0] // wide - 1, flips[i, 0] % wide - 1
                reach[0], reach[1] = min(reach[0], y), min(reach[1], x)
                reach[2], reach[3] = max(reach[2], y + 1), max(reach[3], x + 1)
    for y in range(height):
        for x in range(width):
            mask[y, x] = state[(y + 1) * wide + x + 1]


@no_type_check
def _flip(mask, stream, threshold):
    """Flip each pixel, by its place, whose draw's high half is below `threshold`, in place."""
    flat = mask.ravel()
    for u in range(flat.size):
        draw = mix(stream + np.uint64(u + 1) * GOLDEN)
        flat[u] ^= np.uint8((draw >> _32) < threshold)


walk = compiled(_walk)
flip = compiled(_flip)
