"""Compiled loops over labels. Importing this takes numba's half second; `draws.py` and others do so late.

Randomness here is a counter, not a sequence: unit u of a stream gets output u of splitmix64 (Steele, Lea and
Flood, OOPSLA 2014) started at the stream's name. So a draw depends on nothing but (stream, unit), and no
order of images, tiling or number of workers can change it. Each unit takes one 64-bit draw: the high half
decides whether its label changes, the low half to what.

A kernel is compiled the first time it is called. The compiled code is kept beside this file where that can
be written, else in the user's cache folder, else not at all.
"""

from typing import no_type_check

import numba
import numpy as np

from truemask.compiled import compiled

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_BYTE = np.uint64(0xFF)
_1, _3, _8, _16, _27, _30, _31, _32 = (np.uint64(n) for n in (1, 3, 8, 16, 27, 30, 31, 32))


@no_type_check
def _mix(z):
    """Output of splitmix64 for the state z."""
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


mix = numba.njit(inline="always")(_mix)


@no_type_check
def _bits(stream, units, out):
    """The draw of each unit."""
    for i in range(units.size):
        out[i] = mix(stream + (units[i] + _1) * GOLDEN)


@no_type_check
def _relabel_alike(labels, stream, threshold, num_classes, out):
    """With chance threshold / 2^32, any other of the classes alike; unit u is the u-th label."""
    others = num_classes - _1
    for u in range(labels.size):
        draw = mix(stream + np.uint64(u + 1) * GOLDEN)
        label = np.uint64(labels[u])
        other = ((draw & _LOW) * others) >> _32
        other += np.uint64(other >= label)
        # Multiplied, not branched on: so the loop becomes vector code, at billions of labels a second.
        flips = np.uint64(((draw >> _32) < threshold) & (label < num_classes))
        out[u] = np.uint8(label ^ ((label ^ other) * flips))


@no_type_check
def _relabel(labels, units, stream, rows, cells, out):
    """Draw each label's new class from its row of packed alias tables (see `relabel.py`).

    Unit of the i-th label is units[i], or i where `units` is empty.
    """
    counted = units.size == 0
    for i in range(labels.size):
        unit = np.uint64(i) if counted else units[i]
        draw = mix(stream + (unit + _1) * GOLDEN)
        label = np.uint64(labels[i])
        row = rows[label]
        place = (draw & _LOW) * (row & _BYTE)
        cell = cells[(label << _8) | (place >> _32)]
        late = np.uint64((place & _LOW) >= (cell >> _16))
        other = (cell >> (late << _3)) & _BYTE
        flips = np.uint64((draw >> _32) < (row >> _8))
        out[i] = np.uint8(label ^ ((label ^ other) * flips))


@no_type_check
def _joint(before, after, out):
    """Add to out[i, j] the number of places where i became j; labels beyond its size count as its last."""
    last = np.uint64(out.shape[0] - 1)
    for u in range(before.size):
        out[min(np.uint64(before[u]), last), min(np.uint64(after[u]), last)] += 1


@no_type_check
def _runs(before, after, starts, lengths):
    """Stretches of one and the same change; counts them only, where `starts` is empty."""
    found = 0
    for u in range(before.size):
        if before[u] == after[u]:
            continue
        if u > 0 and before[u - 1] == before[u] and after[u - 1] == after[u]:
            if starts.size:
                lengths[found - 1] += 1
            continue
        if starts.size:
            starts[found] = u
            lengths[found] = 1
        found += 1
    return found


bits = compiled(_bits)
relabel_alike = compiled(_relabel_alike)
relabel = compiled(_relabel)
joint = compiled(_joint)
runs = compiled(_runs)
