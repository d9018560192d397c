"""How far one outline runs outside of another."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from truemask.crops import Crop
from truemask.noise.segment.pieces import both, seen_in, window_of

OFF_PX = 2.0
BIAS_PX = 0.75
"""An outline is another one if some pixel of it is farther off, or so much is off on the mean: less comes of
how polygons are filled."""
_CROSS = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), dtype=np.uint8)


@dataclass(frozen=True)
class Outline:
    """The noisy outline of a thing against its clean one, in pixels; positive is outside.

    Args:
        mean_px: how much too large the thing is.
        sd_px: how much its outline strays around that.
        farthest_px: distance of the pixel that is farthest off.
    """

    mean_px: float
    sd_px: float
    farthest_px: float

    @property
    def redrawn(self) -> bool:
        """Whether this is another outline at all."""
        return self.farthest_px > OFF_PX or abs(self.mean_px) > BIAS_PX


def compare(clean: Crop, noisy: Crop) -> Outline | None:
    """The noisy outline against the clean one; None if it has none, because the thing fills the image."""
    if (clean.top, clean.left) == (noisy.top, noisy.left) and np.array_equal(clean.mask, noisy.mask):
        return Outline(0.0, 0.0, 0.0)
    distances = signed_distances(clean, noisy)
    if not len(distances):
        return None
    return Outline(float(distances.mean()), float(distances.std()), float(np.abs(distances).max()))


def signed_distances(clean: Crop, noisy: Crop) -> Float64[np.ndarray, "n"]:
    """For each pixel of the noisy outline the distance to the clean one: outside positive, inside negative.

    A thing grown by a disk of r px has distances of about r, one shrunk by it -r. The image's edge is no
    outline.
    """
    window = both(window_of(clean, 1), window_of(noisy, 1))
    inside, drawn = seen_in(clean, window), seen_in(noisy, window)
    # Erosion takes the image's edge for more of the thing, so no outline runs along it.
    outline = (drawn == 1) & (_eroded(drawn) == 0)
    outwards = _to(inside)[outline]
    inwards = _to(1 - inside)[outline]
    return np.asarray(np.where(outwards > 0, outwards, 1 - inwards))


def _eroded(mask: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    return np.asarray(cv2.erode(mask, _CROSS), dtype=np.uint8)


def _to(mask: UInt8[np.ndarray, "h w"]) -> Float64[np.ndarray, "h w"]:
    """Distance of each pixel to the mask; 1 everywhere if there is no mask to get to."""
    if not mask.any():
        return np.ones(mask.shape)
    return np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float64)
