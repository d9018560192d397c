"""Flagged pixels to segments: connected, of one given and one proposed class."""

from dataclasses import dataclass
from itertools import pairwise
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask import crop_kernels, rle
from truemask.audit.confident_joint import Candidates

_MOST_LETTERS = 13
"""Of a 64-bit count, five bits a letter."""


@dataclass(frozen=True)
class Segments:
    """Connected segments of one image, in the order of their first pixel, row by row.

    Args:
        given: the label of all pixels of each segment.
        proposed: what they should be instead.
        area: in pixels.
        score: mean margin of the segment's pixels: how much more probable the proposed class is, in (0, 1].
        boxes: tight x0, y0, x1, y1 in pixels.
        masks: COCO run-length code of each segment.
    """

    given: UInt8[np.ndarray, "r"]
    proposed: UInt8[np.ndarray, "r"]
    area: Int64[np.ndarray, "r"]
    score: Float64[np.ndarray, "r"]
    boxes: Int64[np.ndarray, "r 4"]
    masks: tuple[bytes, ...]


def segments_of(flags: Candidates, size: tuple[int, int], *, min_area_px: int = 1) -> Segments:
    """Segments of flagged pixels that touch (at a side or a corner) and agree in both classes.

    Those smaller than `min_area_px` are left out.
    """
    label, count = connected(flags.index, flags.given.astype(np.int64) * 256 + flags.proposed, size)
    kept = np.flatnonzero(np.bincount(label, minlength=count) >= min_area_px)
    renamed = np.full(count, -1, np.int64)
    renamed[kept] = np.arange(len(kept))
    label = renamed[label]
    flags, label = flags[label >= 0], label[label >= 0]
    area = np.bincount(label, minlength=len(kept))
    _, first = np.unique(label, return_index=True)
    masks = pack_pixels(flags.index, label, size)
    return Segments(
        given=flags.given[first],
        proposed=flags.proposed[first],
        area=area,
        score=np.bincount(label, weights=flags.margin, minlength=len(kept)) / area,
        boxes=rle.boxes(masks, size).astype(np.int64),
        masks=masks,
    )


def connected(
    index: Int64[np.ndarray, "n"], kind: Int64[np.ndarray, "n"], size: tuple[int, int]
) -> tuple[Int64[np.ndarray, "n"], int]:
    """Which segment each pixel belongs to, from 0, and how many there are.

    Pixels of one kind that touch, at a side or a corner, are one segment. Segments are numbered by their
    first pixel in the order given.

    Args:
        index: row-major places of the pixels.
        kind: of each.
        size: height and width of the image.
    """
    label = np.full(len(index), -1, np.int64)
    return label, _connect(index, kind, size, label)


def pack_pixels(
    index: Int64[np.ndarray, "n"], segment: Int64[np.ndarray, "n"], size: tuple[int, int]
) -> tuple[bytes, ...]:
    """COCO run-length code of each segment, from the row-major indices of its pixels.

    From pixels rather than planes: a plane for each of hundreds of small segments costs seconds an image.
    """
    if not len(index):
        return ()
    height, width = size
    down = index % width * height + index // width  # COCO's runs go down the columns
    ends = np.empty(int(segment.max()) + 1, np.int64)
    letters = np.empty(_MOST_LETTERS * (2 * len(index) + len(ends)), np.uint8)
    _write_codes(np.sort(segment * (height * width) + down), height * width, letters, ends)
    code = letters[: ends[-1]].tobytes()
    return tuple(code[start:end] for start, end in pairwise([0, *ends.tolist()]))


@numba.njit(cache=True)
@no_type_check
def _write_codes(
    keys: Int64[np.ndarray, "n"],
    total: int,
    letters: UInt8[np.ndarray, "letters"],
    ends: Int64[np.ndarray, "segments"],
) -> None:
    """Write the code of each segment, one after the other, and where it ends.

    Args:
        keys: segment * total + place, rising.
        total: pixels of the image.
        letters, ends: to fill in.
    """
    runs = np.empty(2 * len(keys) + 2, np.int64)
    i, written = 0, 0
    for s in range(len(ends)):
        found, last, start = 0, 0, s * total
        while i < len(keys) and keys[i] < start + total:
            first = keys[i] - start
            i += 1
            while i < len(keys) and keys[i] == keys[i - 1] + 1 and keys[i] < start + total:
                i += 1
            runs[found] = first - last
            last = keys[i - 1] - start + 1
            runs[found + 1] = last - first
            found += 2
        if last < total:
            runs[found] = total - last
            found += 1
        written += crop_kernels.write(runs[:found], letters[written:])
        ends[s] = written


@numba.njit(cache=True)
@no_type_check
def _connect(
    index: Int64[np.ndarray, "n"],
    kind: Int64[np.ndarray, "n"],
    size: tuple[int, int],
    label: Int64[np.ndarray, "n"],
) -> int:
    """Number the segments of equal kind in `label`, which comes as -1 everywhere; returns their number."""
    height, width = size
    at = np.full(height * width, -1, np.int32)
    for i in range(len(index)):
        at[index[i]] = i
    waiting = np.empty(len(index), np.int64)
    count = 0
    for first in range(len(index)):
        if label[first] >= 0:
            continue
        label[first] = count
        waiting[0], top = first, 1
        while top:
            top -= 1
            here = waiting[top]
            y, x = index[here] // width, index[here] % width
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    other = at[v * width + u]
                    if other >= 0 and label[other] < 0 and kind[other] == kind[here]:
                        label[other] = count
                        waiting[top] = other
                        top += 1
        count += 1
    return count
