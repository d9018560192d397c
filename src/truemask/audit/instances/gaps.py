"""Pixels left out inside of given objects, by the masks alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from truemask import rle
from truemask.audit.instances.outline import holes_of, packed, seen_in
from truemask.crops import Crop, crop


@dataclass(frozen=True)
class Gap:
    """What is left out inside of one object.

    Args:
        area_px: of it.
        agreed: share of it that lies inside of a gap of another outline of the object, too.
        shape: COCO run-length code of the object without the gap.
    """

    area_px: int
    agreed: float
    shape: bytes


def enclosed_px(codes: Sequence[bytes], size: tuple[int, int]) -> Int64[np.ndarray, "n"]:
    """Pixels inside each mask but not on it, from its COCO run-length code; unpacking takes much longer.

    Inside is what cannot be left for the rim of the image by steps up, down, and sideways.

    Args:
        codes: of images of height, width `size`.
        size: of the image.
    """
    from truemask.audit.instances import hole_kernels, overlap_kernels  # late: numba takes half a second

    letters = np.frombuffer(b"".join(codes), dtype=np.uint8)
    ends = np.cumsum([len(code) for code in codes], dtype=np.int64)
    first, last = np.empty(len(letters), np.int64), np.empty(len(letters), np.int64)
    masks = np.zeros((len(codes) + 1, 4), np.int64)
    overlap_kernels.bounds(letters, ends, *size, first, last, masks)
    found = np.zeros(len(codes), np.int64)
    hole_kernels.enclosed(first, last, masks, *size, found)
    return found


def gap(row: int, codes: Sequence[bytes], other: bytes | None, size: tuple[int, int]) -> Gap:
    """What is left out inside of an object and is no other object's: a window in a door is no hole of it.

    Args:
        row: of the object.
        codes: of all given objects of the image.
        other: another outline of the object.
        size: of the image.
    """
    whole = crop(codes[row], size)
    rows, columns = whole.mask.shape
    # A rim of one pixel: the outside is then one piece.
    view = (whole.top - 1, whole.left - 1, rows + 2, columns + 2)
    here = seen_in(whole, *view)
    left_out = holes_of(here)
    for place in _near(row, codes, size):
        left_out &= ~seen_in(crop(codes[place], size), *view)
    area = int(np.count_nonzero(left_out))
    agreed = 0.0
    if other is not None and area:
        agreed = np.count_nonzero(left_out & seen_in(_inside(crop(other, size)), *view)) / area
    return Gap(area, agreed, packed(here | left_out, whole.top - 1, whole.left - 1, size))


def _near(row: int, codes: Sequence[bytes], size: tuple[int, int]) -> list[int]:
    """The other objects whose box meets that of one: to unpack all takes as long as the rest of an audit."""
    boxes = rle.boxes(codes, size)
    left, top, right, bottom = boxes[row]
    meets = (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
    meets[row] = False
    return np.flatnonzero(meets).tolist()


def _inside(one: Crop) -> Crop:
    """The gaps of an object as one."""
    rows, columns = one.mask.shape
    gaps = holes_of(seen_in(one, one.top - 1, one.left - 1, rows + 2, columns + 2))
    return Crop(gaps.view(np.uint8), one.top - 1, one.left - 1, one.size)
