"""The steps of Markov boundary growth. Importing this takes numba's half second."""

from typing import no_type_check

import numpy as np

from truemask.compiled import compiled
from truemask.noise.kernels import GOLDEN, mix

_1, _32 = np.uint64(1), np.uint64(32)
_OFF, _ON, _BEYOND = np.uint8(0), np.uint8(1), np.uint8(2)


@no_type_check
def _walk(mask, outwards, stream, threshold, reach):
    """Flip pixels of the outline, step by step, in place.

    At step t the outer outline (off, with a neighbour that is on) or the inner one (on, with one off) is
    looked at; pixel p of it flips if the high half of draw t * pixels + p is below `threshold`. What is
    beyond the mask's edge is neither on nor off.

    Pixels of an outline wait in a list, so a step costs the outline's length and not the image's area. One
    that has left its outline is dropped when its list is next looked at.

    Args:
        mask: 0 or 1 "h w", changed in place.
        outwards: for each step whether it is the outer outline's.
        reach: top, left, bottom, right (exclusive) of what is on; comes filled, leaves extended.
    """
    height, width = mask.shape
    wide = width + 2
    state = np.full((height + 2) * wide, _BEYOND, dtype=np.uint8)
    for y in range(height):
        for x in range(width):
            state[(y + 1) * wide + x + 1] = mask[y, x]
    beside = (-wide, -1, 1, wide)
    # Row 0: off pixels, row 1: on pixels that wait; which row a pixel waits in, as bits.
    waiting = np.empty((2, height * width), dtype=np.int32)
    waits = np.zeros(state.size, dtype=np.uint8)
    length = np.zeros(2, dtype=np.int64)
    flips = np.empty(height * width, dtype=np.int32)
    for y in range(max(0, reach[0] - 1), min(height, reach[2] + 1)):
        for x in range(max(0, reach[1] - 1), min(width, reach[3] + 1)):
            p = (y + 1) * wide + x + 1
            side = state[p]
            for step in beside:
                if state[p + step] == _ON - side:
                    waiting[side, length[side]] = p
                    length[side] += 1
                    waits[p] = _ON << side
                    break
    pixels = np.uint64(height * width)
    for t in range(outwards.size):
        side = _OFF if outwards[t] else _ON
        other = _ON - side
        kept, flipped = 0, 0
        for i in range(length[side]):
            p = waiting[side, i]
            there = state[p] == side and (
                state[p - wide] == other
                or state[p - 1] == other
                or state[p + 1] == other
                or state[p + wide] == other
            )
            if not there:
                waits[p] &= ~(_ON << side)
                continue
            waiting[side, kept] = p
            kept += 1
            place = np.uint64((p // wide - 1) * width + p % wide - 1)
            draw = mix(stream + (np.uint64(t) * pixels + place + _1) * GOLDEN)
            if (draw >> _32) < threshold:
                flips[flipped] = p
                flipped += 1
        length[side] = kept
        # Only now: all draws of a step are about the outline as it was before the step.
        for i in range(flipped):
            p = flips[i]
            state[p] = other
            y, x = p // wide - 1, p % wide - 1
            mask[y, x] = other
            if other == _ON:
                reach[0], reach[1] = min(reach[0], y), min(reach[1], x)
                reach[2], reach[3] = max(reach[2], y + 1), max(reach[3], x + 1)
        for i in range(flipped):
            p = flips[i]
            # The flipped pixels may now be of the other outline, their neighbours of either.
            if not waits[p] & (_ON << other):
                waiting[other, length[other]] = p
                length[other] += 1
                waits[p] |= _ON << other
            for step in beside:
                q = p + step
                its = state[q]
                if its != _BEYOND and not waits[q] & (_ON << its):
                    waiting[its, length[its]] = q
                    length[its] += 1
                    waits[q] |= _ON << its


@no_type_check
def _flip(mask, stream, threshold):
    """Flip each pixel, by its place, whose draw's high half is below `threshold`, in place."""
    flat = mask.ravel()
    for u in range(flat.size):
        draw = mix(stream + np.uint64(u + 1) * GOLDEN)
        flat[u] ^= np.uint8((draw >> _32) < threshold)


walk = compiled(_walk)
flip = compiled(_flip)
