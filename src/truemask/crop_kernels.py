"""Compiled loops between run-length codes and crops. Importing this takes numba's half second.

COCO's code (pycocotools' maskApi.c) counts pixels down the columns, off first, and writes each count as the
difference to the one two before it, five bits a letter.
"""

from typing import no_type_check

import numpy as np

from truemask.compiled import compiled


@no_type_check
def _runs(code, out):
    """Counts of a code, and how many there are; -1 if it ends amid a count."""
    found, at = 0, 0
    while at < code.size:
        count, shift, more = np.int64(0), 0, True
        while more:
            if at == code.size:
                return -1
            letter = np.int64(code[at]) - 48
            count |= (letter & 0x1F) << shift
            more = (letter & 0x20) != 0
            at += 1
            shift += 5
            if not more and letter & 0x10:
                count |= np.int64(-1) << shift
        if found > 2:
            count += out[found - 2]
        out[found] = count
        found += 1
    return found


@no_type_check
def _bounds(runs, height, out):
    """Top, left, bottom and right (exclusive) of the pixels that are on; all 0 where none is."""
    top, left, bottom, right = height, np.int64(-1), np.int64(0), np.int64(0)
    start = np.int64(0)
    for place in range(runs.size):
        end = start + runs[place]
        if place % 2 and end > start:
            first, last = start // height, (end - 1) // height
            if left < 0:
                left = first
            right = last + 1
            if first == last:
                top = min(top, start - first * height)
                bottom = max(bottom, end - first * height)
            else:  # over the end of a column: its last row and the next one's first
                top, bottom = np.int64(0), height
        start = end
    if left < 0:
        top, left, bottom = np.int64(0), np.int64(0), np.int64(0)
    out[0], out[1], out[2], out[3] = top, left, bottom, right


@no_type_check
def _fill(runs, height, top, left, out):
    """Write 1 where the runs are on; `out` comes filled with 0 and starts at row `top`, column `left`."""
    start = np.int64(0)
    for place in range(runs.size):
        end = start + runs[place]
        if place % 2:
            column, row = start // height, start % height
            for _ in range(start, end):
                out[row - top, column - left] = 1
                row += 1
                if row == height:
                    row, column = np.int64(0), column + 1
        start = end


@no_type_check
def _count(mask, height, width, top, left, out):
    """Runs of an image of this size that is off but for the mask at row `top`, column `left`."""
    found, last, on = 0, np.int64(0), np.uint8(0)
    for column in range(mask.shape[1]):
        at = (left + column) * height + top
        for row in range(mask.shape[0]):
            if mask[row, column] != on:
                out[found] = at + row - last
                found, last, on = found + 1, at + row, np.uint8(1) - on
        if on and (mask.shape[0] < height or column == mask.shape[1] - 1):  # what follows is off
            out[found] = at + mask.shape[0] - last
            found, last, on = found + 1, at + mask.shape[0], np.uint8(0)
    out[found] = height * width - last
    return found + (1 if out[found] > 0 or found == 0 else 0)


@no_type_check
def _write(runs, out):
    """The letters of these counts, and how many there are."""
    at = 0
    for place in range(runs.size):
        count = runs[place] - (runs[place - 2] if place > 2 else 0)
        more = True
        while more:
            letter = count & 0x1F
            count >>= 5
            more = count != -1 if letter & 0x10 else count != 0
            out[at] = np.uint8((letter | (0x20 if more else 0)) + 48)
            at += 1
    return at


runs = compiled(_runs)
bounds = compiled(_bounds)
fill = compiled(_fill)
count = compiled(_count)
write = compiled(_write)
