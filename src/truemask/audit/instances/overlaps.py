"""How much the masks of an image overlap, every one with every other, without unpacking them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64


@dataclass(frozen=True)
class Overlaps:
    """Masks of two kinds, given and predicted, in the pixels that they share.

    Args:
        across: pixels that a given (row) and a predicted mask (column) share.
        given: pixels that two given masks share; a mask and itself: all of it.
        predicted: pixels that two predicted masks share.
    """

    across: Int64[np.ndarray, "g p"]
    given: Int64[np.ndarray, "g g"]
    predicted: Int64[np.ndarray, "p p"]

    @property
    def given_px(self) -> Int64[np.ndarray, "g"]:
        """Pixels of each given mask."""
        return self.given.diagonal()

    @property
    def predicted_px(self) -> Int64[np.ndarray, "p"]:
        """Pixels of each predicted mask."""
        return self.predicted.diagonal()


def overlaps(given: Sequence[bytes], predicted: Sequence[bytes], size: tuple[int, int]) -> Overlaps:
    """The overlaps of given and predicted masks, from their COCO run-length codes.

    Args:
        given: codes of images of height, width `size`.
        predicted: likewise.
        size: of the image.

    Raises:
        ValueError: if a code is none of an image of this size; the message says which, given ones first.
    """
    from truemask.audit.instances import overlap_kernels as kernels  # late: numba takes half a second

    codes = [*given, *predicted]
    n, m = len(codes), len(given)
    letters = np.frombuffer(b"".join(codes), dtype=np.uint8)
    ends = np.cumsum([len(code) for code in codes], dtype=np.int64)
    first, last = np.empty(len(letters), np.int64), np.empty(len(letters), np.int64)
    masks = np.zeros((n + 1, 4), np.int64)
    wrong = kernels.bounds(letters, ends, *size, first, last, masks)
    if wrong >= 0:
        raise ValueError(f"mask {wrong} is no run-length code of an image of {size[0]} x {size[1]} px")
    shared = np.zeros((n, n), np.int64)
    kernels.shared(first, last, masks, shared)
    return Overlaps(shared[:m, m:], shared[:m, :m], shared[m:, m:])


def iou(
    shared: Int64[np.ndarray, "n m"], one_px: Int64[np.ndarray, "n"], other_px: Int64[np.ndarray, "m"]
) -> Float64[np.ndarray, "n m"]:
    """Intersection over union of every pair; 0 where both are empty."""
    union = one_px[:, None] + other_px[None] - shared
    return np.asarray(shared / np.maximum(union, 1))
