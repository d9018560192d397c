"""Labels spread over their surroundings: the largest label within a disk or square around each pixel."""

from math import floor, isqrt
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary.things import redrawn_in, widened

Shape = Literal["disk", "square"]
_FROM_PX = 8
"""The radius from which on adding up rows of a disk takes less time than its pixels do."""


def spread(
    labels: UInt8[np.ndarray, "h w"], radius_px: float, shape: Shape = "disk"
) -> UInt8[np.ndarray, "h w"]:
    """At each pixel the largest label that is at most so far away; beyond the image there is none.

    Args:
        labels: of any meaning: a mask, or classes ranked by who grows over whom.
        radius_px: a square's reaches so far to each side, so 1 is 3 x 3.
        shape: of what is around a pixel.
    """
    reach = floor(radius_px)
    if reach == 0:
        return labels.copy()
    if shape == "square":
        return np.asarray(cv2.dilate(labels, np.ones((2 * reach + 1,) * 2, dtype=np.uint8)), dtype=np.uint8)
    if reach < _FROM_PX:
        across = np.arange(-reach, reach + 1)
        near = across[:, None] ** 2 + across**2 <= radius_px**2
        return np.asarray(cv2.dilate(labels, near.astype(np.uint8)), dtype=np.uint8)
    return _by_rows(labels, radius_px)


def grown(thing: Crop, radius_px: float, shape: Shape = "disk") -> Crop:
    """The thing and all pixels up to so far away from it."""
    wide = widened(thing, floor(radius_px))
    return redrawn_in(wide, spread(wide.mask, radius_px, shape))


def shrunk(thing: Crop, radius_px: float, shape: Shape = "disk") -> Crop:
    """The thing without the pixels up to so far away from what is not the thing."""
    wide = widened(thing, 1)
    return redrawn_in(wide, wide.mask & (1 - spread(1 - wide.mask, radius_px, shape)))


def _by_rows(labels: UInt8[np.ndarray, "h w"], radius_px: float) -> UInt8[np.ndarray, "h w"]:
    """A disk is one stretch a row: stretches grow by a pixel at a time from the disk's end to its middle."""
    height, width = labels.shape
    reach = floor(radius_px)
    stretch = cv2.copyMakeBorder(labels, 0, 0, reach, reach, cv2.BORDER_CONSTANT, value=0)
    noisy, wide = np.zeros_like(labels), 0
    for away in range(reach, -1, -1):
        while wide < isqrt(floor(radius_px**2) - away**2):
            beside = stretch.copy()
            np.maximum(beside[:, 1:], stretch[:, :-1], out=beside[:, 1:])
            np.maximum(beside[:, :-1], stretch[:, 1:], out=beside[:, :-1])
            stretch, wide = beside, wide + 1
        rows = stretch[:, reach : reach + width]
        np.maximum(noisy[away:], rows[: max(0, height - away)], out=noisy[away:])
        np.maximum(noisy[: max(0, height - away)], rows[away:], out=noisy[: max(0, height - away)])
    return noisy
