"""Compiled loops over things and their outlines. Importing this takes numba's half second."""

from typing import no_type_check

import numpy as np

from truemask.compiled import compiled
from truemask.noise.kernels import GOLDEN, mix

_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_MIDDLE = np.int64(1 << 31)


@no_type_check
def _areas(labels, out):
    """Pixels of each label; `out` is 4 x 256, filled with 0, its rows to be added up."""
    flat = labels.ravel()
    whole = flat.size - flat.size % 4
    # Four tables: neighbours are mostly alike, and adding to the same place again has to wait.
    for u in range(0, whole, 4):
        out[0, flat[u]] += 1
        out[1, flat[u + 1]] += 1
        out[2, flat[u + 2]] += 1
        out[3, flat[u + 3]] += 1
    for u in range(whole, flat.size):
        out[0, flat[u]] += 1


@no_type_check
def _extents(ids, out):
    """Top, left, bottom and right (exclusive) and pixels of each id from 1."""
    height, width = ids.shape
    for i in range(out.shape[0]):
        out[i, 0], out[i, 1], out[i, 2], out[i, 3], out[i, 4] = height, width, 0, 0, 0
    for y in range(height):
        for x in range(width):
            i = ids[y, x]
            if i > 0:
                out[i, 0] = min(out[i, 0], y)
                out[i, 1] = min(out[i, 1], x)
                out[i, 2] = y + 1
                out[i, 3] = max(out[i, 3], x + 1)
                out[i, 4] += 1


@no_type_check
def _paint(mask, top, left, rank, shown):
    """The thing of this rank shows where it is and nothing of a higher rank is."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            if mask[y, x] and shown[top + y, left + x] < rank:
                shown[top + y, left + x] = rank


@no_type_check
def _majority(labels, factor, ignore, out):
    """Each block of factor x factor px gets its most frequent label, of equal ones the highest."""
    height, width = labels.shape
    counts = np.zeros(256, dtype=np.int64)
    for top in range(0, height, factor):
        for left in range(0, width, factor):
            bottom, right = min(height, top + factor), min(width, left + factor)
            for y in range(top, bottom):
                for x in range(left, right):
                    counts[labels[y, x]] += 1
            counts[ignore] = 0
            best = 0
            for y in range(top, bottom):
                for x in range(left, right):
                    label = labels[y, x]
                    more = counts[label] - counts[best]
                    if more > 0 or (more == 0 and label > best and label != ignore):
                        best = label
            for y in range(top, bottom):
                for x in range(left, right):
                    label = labels[y, x]
                    out[y, x] = label if label == ignore else best
                    counts[label] = 0  # after its last use, so that the next block starts from none


@no_type_check
def _moved(before, matrix, fill, out):
    """out[y, x] is the nearest pixel to where matrix (2 x 3) sends (x, y); `fill` beyond the edge."""
    height, width = before.shape
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            at_x = np.floor(matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] + 0.5)
            at_y = np.floor(matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] + 0.5)
            inside = 0 <= at_x < width and 0 <= at_y < height
            out[y, x] = before[np.int64(at_y), np.int64(at_x)] if inside else fill


@no_type_check
def _pulled(before, by_x, by_y, ignore, out):
    """out[y, x] is the label `by` away, at the edge the nearest; what is `ignore` stays and goes nowhere."""
    height, width = before.shape
    for y in range(height):
        for x in range(width):
            at_x = min(max(x + np.int64(np.rint(by_x[y, x])), 0), width - 1)
            at_y = min(max(y + np.int64(np.rint(by_y[y, x])), 0), height - 1)
            label, here = before[at_y, at_x], before[y, x]
            out[y, x] = here if ignore in (label, here) else label


@no_type_check
def _field(stream, out_x, out_y):
    """Two numbers from -1 to 1 for each pixel, from the halves of its draw."""
    half = np.float32(2.0**-31)
    flat_x, flat_y = out_x.ravel(), out_y.ravel()
    for u in range(flat_x.size):
        draw = mix(stream + np.uint64(u + 1) * GOLDEN)
        flat_x[u] = np.float32(np.int64(draw >> _32) - _MIDDLE) * half
        flat_y[u] = np.float32(np.int64(draw & _LOW) - _MIDDLE) * half


areas = compiled(_areas)
extents = compiled(_extents)
paint = compiled(_paint)
majority = compiled(_majority)
moved = compiled(_moved)
pulled = compiled(_pulled)
field = compiled(_field)
