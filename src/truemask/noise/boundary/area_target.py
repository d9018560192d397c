"""Things grown or shrunk until they have the area that is asked for, as nearly as pixels allow."""

from math import ceil, pi, sqrt

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from truemask.crops import Crop
from truemask.noise.boundary.spread import Shape
from truemask.noise.boundary.things import redrawn_in, widened


def grown_to(thing: Crop, ratio: float, shape: Shape) -> Crop:
    """The thing grown evenly to `ratio` times its area (1 or more); as far as the image has room."""
    area = int(np.count_nonzero(thing.mask))
    # No thing needs a larger radius than a disk does (Brunn and Minkowski), but at the image's edge.
    margin_px = ceil((sqrt(ratio) - 1) * sqrt(area / pi)) + 1
    wide = widened(thing, margin_px)
    while True:
        outside = wide.mask == 0
        away = _distances(1 - wide.mask, shape)
        gained = np.cumsum(np.bincount(away[outside], minlength=1))
        if area + gained[-1] >= ratio * area or wide.mask.shape == thing.size:
            break
        margin_px *= 2
        wide = widened(thing, margin_px)
    best = int(np.argmin(np.abs(area + gained - ratio * area)))
    return redrawn_in(wide, (~outside | (away <= best)).astype(np.uint8))


def shrunk_to(thing: Crop, ratio: float, shape: Shape) -> Crop:
    """The thing shrunk evenly to `ratio` times its area (1 or less); something of it always stays."""
    wide = widened(thing, 1)
    if wide.mask.all():
        return wide
    inside = wide.mask == 1
    away = _distances(wide.mask, shape)
    left = np.count_nonzero(inside) - np.cumsum(np.bincount(away[inside]))
    best = int(np.argmin(np.abs(left[left > 0] - ratio * np.count_nonzero(inside))))
    return redrawn_in(wide, (inside & (away > best)).astype(np.uint8))


def _distances(mask: UInt8[np.ndarray, "h w"], shape: Shape) -> Int64[np.ndarray, "h w"]:
    """How far each pixel of the mask is from where it is off: squared for disks, so a whole number."""
    if shape == "square":
        return np.asarray(np.rint(cv2.distanceTransform(mask, cv2.DIST_C, 3)), dtype=np.int64)
    exact = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
    return np.asarray(np.rint(exact**2), dtype=np.int64)
