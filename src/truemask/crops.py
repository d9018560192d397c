"""Packed masks as small arrays around their pixels, and back: cost grows with the object, not the photo."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

_MOST_LETTERS = 13
"""Of a 64-bit count, five bits a letter."""


@dataclass(frozen=True)
class Crop:
    """A rectangle of an image with the mask of one object.

    Args:
        mask: 1 on the object, 0 off it; empty (0 x 0) where the object has no pixel.
        top: row of its first pixel in the image.
        left: column of its first pixel.
        size: height and width of the image in pixels.
    """

    mask: UInt8[np.ndarray, "h w"]
    top: int
    left: int
    size: tuple[int, int]


def crop(code: bytes, size: tuple[int, int], margin_px: int = 0) -> Crop:
    """The object and `margin_px` pixels around it, as far as the image of height, width `size` reaches.

    Raises:
        ValueError: if the code is not one of an image of this size.
    """
    from truemask import crop_kernels as kernels  # late: numba takes half a second to import

    letters = np.frombuffer(code, dtype=np.uint8)
    counts = np.empty(len(letters) + 1, dtype=np.int64)
    runs = counts[: kernels.runs(letters, counts)]
    if not len(runs) or runs.min() < 0 or runs.sum() != size[0] * size[1]:
        raise ValueError(f"a run-length code that does not fit an image of {size[0]} x {size[1]} px")
    box = np.empty(4, dtype=np.int64)
    kernels.bounds(runs, size[0], box)
    top, left, bottom, right = box.tolist()
    if bottom == top:
        return Crop(np.zeros((0, 0), dtype=np.uint8), 0, 0, size)
    top, left = max(0, top - margin_px), max(0, left - margin_px)
    bottom, right = min(size[0], bottom + margin_px), min(size[1], right + margin_px)
    mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
    kernels.fill(runs, size[0], top, left, mask)
    return Crop(mask, top, left, size)


def pack(one: Crop) -> bytes:
    """COCO run-length code of the whole image's mask; what `rle.pack` makes of it."""
    from truemask import crop_kernels as kernels  # late: numba takes half a second to import

    counts = np.empty(one.mask.size + one.mask.shape[1] + 2, dtype=np.int64)
    height, width = one.size
    runs = counts[: kernels.count(one.mask, height, width, one.top, one.left, counts)]
    letters = np.empty(len(runs) * _MOST_LETTERS, dtype=np.uint8)
    return letters[: kernels.write(runs, letters)].tobytes()
