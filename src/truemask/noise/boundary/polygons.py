"""Masks as polygons through the middles of their outermost pixels, and back."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Int32, UInt8

Ring = Int32[np.ndarray, "_ 1 2"]
"""Corners x, y in pixels of a mask; the last is joined to the first."""


@dataclass(frozen=True)
class Part:
    """A connected part of a thing.

    Args:
        rings: its outline, then those of its holes.
    """

    rings: tuple[Ring, ...]


def parts(mask: UInt8[np.ndarray, "h w"], *, released: bool = False) -> list[Part]:
    """The parts of a mask with a corner wherever an outline turns; `filled` makes the same mask of them.

    Parts connect by corners. An outline of a hole runs through the pixels around it.

    Args:
        mask: 1 on the thing, 0 off it.
        released: as in the script of COCO-N: no holes, and no parts of fewer than four corners.
    """
    rings, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Part] = []
    if tree is None:
        return found
    following, inner = tree[0, :, 0].tolist(), tree[0, :, 2].tolist()
    outer = 0
    while outer >= 0:
        own, hole = [rings[outer]], inner[outer]
        while hole >= 0 and not released:
            own.append(rings[hole])
            hole = following[hole]
        if len(own[0]) >= 4 or not released:
            found.append(Part(tuple(own)))
        outer = following[outer]
    return found


def simplified(ring: Ring, tolerance_px: float) -> Ring:
    """A ring of fewer corners that leaves none of the old ones farther away (Douglas and Peucker)."""
    return np.asarray(cv2.approxPolyDP(ring, tolerance_px, True), dtype=np.int32) if tolerance_px else ring


def filled(found: list[Part], shape: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """The pixels in and on the outlines, holes left out; corners beyond the mask are cut off."""
    mask = np.zeros(shape, dtype=np.uint8)
    for part in found:  # one at a time: where two overlap, both at once would leave a hole
        cv2.fillPoly(mask, part.rings, 1)
    return mask
