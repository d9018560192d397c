"""Noise by elastic deformation of the labels alone: outlines flow this way here and that way there.

Sources: label-only deformation of NSegment+ (2025), with alpha from 1 to 100 px and sigma 3, 5 or 10 px;
the field is that of Simard, Steinkraus and Platt, ICDAR 2003.
"""

from math import ceil, pi, sqrt
from typing import Annotated

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from truemask.crops import Crop
from truemask.noise.boundary.spread import spread
from truemask.noise.boundary.things import redrawn, redrawn_in, widened
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, Instances, Problem

AlphaPx = Annotated[float, Range(0.0, 10_000.0, "pixels from 0 to 10000")]
SigmaPx = Annotated[float, Range(0.5, 100.0, "pixels from 0.5 to 100")]
AreaPx = Annotated[int, Range(0.0, 1e9, "a whole number of pixels, 0 or more")]
_FARTHEST = 6
"""Deviations of a shift at which it is cut: an object's crop must hold all that can reach it."""


def elastic(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    alpha_px: AlphaPx,
    sigma_px: SigmaPx = 5.0,
    spare_area_px: AreaPx = 0,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Labels that flowed: each pixel shows the label at its place plus a smooth random shift.

    In x and in y the shift is alpha_px times uniform draws from [-1, 1], one a pixel, blurred by a Gaussian
    of sigma_px. So its deviation is about 0.16 alpha_px / sigma_px pixels, and shifts stay alike over some
    sigma_px. It is rounded to whole pixels. A label map flows as one, an object by itself. The blur is
    floating-point arithmetic, so a pixel may differ on another machine once in a great while.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        alpha_px: strength; 0 moves nothing.
        sigma_px: smoothness.
        spare_area_px: objects of fewer pixels stay as they are, and in a label map all that is within
            2 sigma_px of a connected region of fewer pixels. NSegment+ has 1000.
        rate: chance of an object, or of a whole label map, to be touched. NSegment+ has 0.5.
    """
    if isinstance(labels, Instances):

        def redraw(thing: Crop, stream: int) -> Crop:
            if np.count_nonzero(thing.mask) < spare_area_px:
                return thing
            return _flowed(thing, stream, alpha_px, sigma_px)

        return redrawn(labels, problem, draws, redraw, rate=rate, what="elastic")
    image = np.zeros(1, dtype=np.int64)
    if draws.uniforms("elastic", image)[0] >= rate:
        return labels
    stream = int(draws.bits("elastic: the field", image)[0])
    noisy = _pulled(labels, stream, alpha_px, sigma_px)
    if spare_area_px:
        near = _near_small(labels, spare_area_px, 2 * sigma_px)
        noisy[near] = labels[near]
    return noisy


def _deviation_px(alpha_px: float, sigma_px: float) -> float:
    """Of a shift: uniform draws have variance 1/3, and the blur divides it by 4 pi sigma^2."""
    return alpha_px / sqrt(3) / (2 * sqrt(pi) * sigma_px)


def _flowed(thing: Crop, stream: int, alpha_px: float, sigma_px: float) -> Crop:
    wide = widened(thing, ceil(min(alpha_px, _FARTHEST * _deviation_px(alpha_px, sigma_px))))
    return redrawn_in(wide, _pulled(wide.mask, stream, alpha_px, sigma_px))


def _pulled(
    labels: UInt8[np.ndarray, "h w"], stream: int, alpha_px: float, sigma_px: float
) -> UInt8[np.ndarray, "h w"]:
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    noisy = np.empty_like(labels)
    kernels.pulled(labels, *_field(stream, labels.shape, alpha_px, sigma_px), IGNORE, noisy)
    return noisy


def _field(
    stream: int, shape: tuple[int, int], alpha_px: float, sigma_px: float
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """How far to the right and down each pixel's label comes from."""
    from truemask.noise.boundary import kernels

    fields = np.empty((2, *shape), dtype=np.float32)
    kernels.field(np.uint64(stream), fields[0], fields[1])
    side = 2 * ceil(4 * sigma_px) + 1
    farthest = _FARTHEST * _deviation_px(alpha_px, sigma_px)
    for field in fields:
        cv2.GaussianBlur(field, (side, side), sigma_px, dst=field, borderType=cv2.BORDER_REFLECT)
    fields *= np.float32(alpha_px)
    np.clip(fields, -farthest, farthest, out=fields)
    return fields[0], fields[1]


def _near_small(
    labels: UInt8[np.ndarray, "h w"], area_px: int, distance_px: float
) -> Bool[np.ndarray, "h w"]:
    ids, places = segments(labels, IGNORE)  # IGNORE is no region: regions of all classes, background too
    small = np.bincount(ids.ravel(), minlength=len(places) + 1) < area_px
    small[0] = False
    return np.asarray(spread(small[ids].view(np.uint8), distance_px) == 1)
