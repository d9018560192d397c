"""A compiled loop over the runs of masks. Importing this takes numba's half second."""

from typing import no_type_check

import numpy as np

from truemask.compiled import compiled


@no_type_check
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


root = compiled(_root)


@no_type_check
def _join(parent, piece, first, last, at, goal):
    """Join a piece to all that is off the mask from place `at` to `goal`, which lie in one column."""
    outside = len(parent) - 1
    run, over = 0, first.size
    while run < over:  # to the first run that ends after `at`
        middle = (run + over) // 2
        if last[middle] > at:
            over = middle
        else:
            run = middle + 1
    while at < goal:
        if run == first.size:
            parent[root(parent, piece)] = root(parent, outside)
            return
        if first[run] > at:
            parent[root(parent, piece)] = root(parent, run - 1 if run else outside)
        at = last[run]
        run += 1


join = compiled(_join)


@no_type_check
def _enclosed(first, last, masks, height, width, out):
    """Pixels off each mask that cannot be left for the rim of the image, up, down and sideways; into `out`.

    A hole is made of pieces of columns between two runs of the mask. Pieces beside one another are one hole,
    and whatever touches the outside belongs to it.

    Args:
        first, last, masks: as `overlap_kernels.bounds` leaves them.
        height, width: of the image.
        out: a place a mask.
    """
    for one in range(out.size):
        on, off = first[masks[one, 0] : masks[one + 1, 0]], last[masks[one, 0] : masks[one + 1, 0]]
        outside = max(0, on.size - 1)
        parent = np.arange(outside + 1)  # the piece `i` lies between the runs `i` and `i + 1`
        for piece in range(outside):
            start, end = off[piece], on[piece + 1]
            column = start // height
            inner = start % height > 0 and end % height > 0 and column == end // height
            if inner and 0 < column < width - 1:
                join(parent, piece, on, off, start - height, end - height)
                join(parent, piece, on, off, start + height, end + height)
            else:
                parent[root(parent, piece)] = root(parent, outside)
        rim, total = root(parent, outside), 0
        for piece in range(outside):
            if root(parent, piece) != rim:
                total += on[piece + 1] - off[piece]
        out[one] = total


enclosed = compiled(_enclosed)
