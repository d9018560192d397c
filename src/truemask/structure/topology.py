"""How the regions of a class hang together: pieces, holes, length of their middle lines."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8


@dataclass(frozen=True)
class Topology:
    """Of one class in one image, or summed over many.

    Args:
        images: that were counted.
        area_px: pixels of the class.
        pieces: connected regions; pixels that touch at a corner hang together.
        holes: regions of anything else that the class encloses.
        skeleton_px: length of the middle lines: 1 for each step to the side, the square root of 2 for one
            across a corner.
    """

    images: int = 0
    area_px: int = 0
    pieces: int = 0
    holes: int = 0
    skeleton_px: float = 0.0

    @property
    def euler(self) -> int:
        """Pieces less holes: the Euler number."""
        return self.pieces - self.holes

    @property
    def width_px(self) -> float:
        """Mean width of what is there, area over length; NaN where the middle lines are but points."""
        return self.area_px / self.skeleton_px if self.skeleton_px else float("nan")

    def __add__(self, other: "Topology") -> "Topology":
        """Of both together."""
        return Topology(
            self.images + other.images,
            self.area_px + other.area_px,
            self.pieces + other.pieces,
            self.holes + other.holes,
            self.skeleton_px + other.skeleton_px,
        )


def topology(labels: UInt8[np.ndarray, "h w"], class_id: int) -> Topology:
    """Of the regions of a class. IGNORE is not of the class: it cuts regions as anything else does."""
    mask = labels == class_id
    pieces = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    return Topology(1, int(mask.sum()), int(pieces), _holes(mask), _length_px(mask))


def _holes(mask: Bool[np.ndarray, "h w"]) -> int:
    """Regions outside, less the one that runs around the image."""
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    return int(cv2.connectedComponents(outside, connectivity=4)[0]) - 2


def _length_px(mask: Bool[np.ndarray, "h w"]) -> float:
    if not mask.any():
        return 0.0
    from skimage.morphology import skeletonize  # late: it takes a second

    lines = np.pad(skeletonize(mask), 1)
    across = lines[:, :-1] & lines[:, 1:]
    down = lines[:-1] & lines[1:]
    falling, rising = lines[:-1, :-1] & lines[1:, 1:], lines[:-1, 1:] & lines[1:, :-1]
    # A step over a corner that two steps to the side make as well is no way of its own.
    falling &= ~(lines[:-1, 1:] | lines[1:, :-1])
    rising &= ~(lines[:-1, :-1] | lines[1:, 1:])
    return float(across.sum() + down.sum() + np.sqrt(2) * (falling.sum() + rising.sum()))
