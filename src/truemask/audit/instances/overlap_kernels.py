"""Compiled loops over the runs of many masks of one image. Importing this takes numba's half second."""

from typing import no_type_check

import numpy as np

from truemask import crop_kernels
from truemask.compiled import compiled


@no_type_check
def _bounds(letters, ends, height, width, first, last, masks):
    """First and last (exclusive) place of all runs that are on; returns the mask whose code is none, or -1.

    Args:
        letters: all codes, one after the other.
        ends: where each code ends in them.
        height, width: of the image; places count down its columns.
        first, last: room for as many runs as there are letters.
        masks: a row a mask and one more: where its runs begin, its first and its last row, its pixels.
    """
    counts = np.empty(letters.size + 1, np.int64)
    at, start = 0, 0
    for one in range(ends.size):
        found = crop_kernels.runs(letters[start : ends[one]], counts)
        start = ends[one]
        if found < 0:
            return one
        here, top, bottom, pixels, begin = 0, height, 0, 0, at
        for place in range(found):
            end = here + counts[place]
            if end < here:
                return one
            if place % 2 and end > here:
                first[at], last[at] = here, end
                row = here % height
                over = row + counts[place] > height  # into the next column: from its first row on
                top = 0 if over else min(top, row)
                bottom = height if over else max(bottom, row + counts[place])
                pixels += counts[place]
                at += 1
            here = end
        if here != height * width:
            return one
        masks[one, 0], masks[one, 1], masks[one, 2], masks[one, 3] = begin, top, bottom, pixels
    masks[ends.size, 0] = at
    return -1


@no_type_check
def _shared(first, last, masks, out):
    """Pixels that each pair of masks shares, into `out`, which comes filled with 0."""
    for one in range(len(out)):
        begin, stop = masks[one, 0], masks[one + 1, 0]
        out[one, one] = masks[one, 3]
        if begin == stop:
            continue
        for other in range(one + 1, len(out)):
            j, end = masks[other, 0], masks[other + 1, 0]
            if j == end or first[begin] >= last[end - 1] or first[j] >= last[stop - 1]:
                continue
            if masks[one, 1] >= masks[other, 2] or masks[other, 1] >= masks[one, 2]:
                continue
            i, total = begin, 0
            while i < stop and j < end:
                total += max(0, min(last[i], last[j]) - max(first[i], first[j]))
                if last[i] < last[j]:
                    i += 1
                else:
                    j += 1
            out[one, other] = out[other, one] = total


bounds = compiled(_bounds)
shared = compiled(_shared)
