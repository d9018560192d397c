"""Noise that moves each thing's whole outline in or out by a distance of its own.

Sources: dilation and erosion by signed distance of Yao et al., ICLR 2023 (their setting J3: 7 to 9 px);
kernels of either sign of Kimhi et al., arXiv:2406.10891.
"""

from typing import Annotated

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary import streams
from truemask.noise.boundary.spread import Shape, grown, shrunk
from truemask.noise.boundary.things import redrawn
from truemask.noise.draws import Draws
from truemask.noise.knobs import RadiusPx, Range, Rate, number_text
from truemask.types import BadInput, Instances, Problem

SignedPx = Annotated[float, Range(-255.0, 255.0, "pixels from -255 (inwards) to 255 (outwards)")]


def shift(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    low_px: SignedPx,
    high_px: SignedPx,
    either: bool = False,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines moved by a distance d, drawn for each thing evenly from low_px to high_px.

    Outwards a thing gains what is at most d away from it, inwards it loses what is at most d away from what
    is not the thing; the image's edge does not count as such. Connected regions of a label map are things;
    small ones are seen over large ones.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        low_px: the least distance; below 0 is inwards.
        high_px: the largest distance. No pixel is less than 1 px away, so less than 1 changes nothing.
        either: turn the sign round for half of the things, as published.
        rate: chance of a thing to be touched.

    Raises:
        BadInput: if low_px is above high_px; if a label map's problem has no background.
    """
    if low_px > high_px:
        raise BadInput(
            f"shift goes from low_px to high_px; got {number_text(low_px)} and {number_text(high_px)}, "
            "the other way round"
        )

    def redraw(thing: Crop, stream: int) -> Crop:
        place, side = streams.uniforms(stream, 2)
        distance_px = low_px + (high_px - low_px) * float(place)
        if either and side < 0.5:
            distance_px = -distance_px
        return grown(thing, distance_px) if distance_px > 0 else shrunk(thing, -distance_px)

    return redrawn(labels, problem, draws, redraw, rate=rate, what="shift")


def dilate_or_erode(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    radius_px: RadiusPx,
    shape: Shape = "disk",
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Half of the things drawn too large, the others too small: a draw for each.

    Connected regions of a label map are things; small ones are seen over large ones.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        radius_px: as of `dilate` and `erode`. The scale noise of COCO-N is a square of 1, 2 or 3.
        shape: what a radius spans: a disk, or a square of 2 radius_px + 1.
        rate: chance of a thing to be touched.

    Raises:
        BadInput: if a label map's problem has no background.
    """

    def redraw(thing: Crop, stream: int) -> Crop:
        return larger_or_smaller(thing, stream, radius_px, shape)

    return redrawn(labels, problem, draws, redraw, rate=rate, what="dilate_or_erode")


def larger_or_smaller(thing: Crop, stream: int, radius_px: int, shape: Shape) -> Crop:
    """The thing grown or, with the same chance, shrunk."""
    outwards = streams.uniforms(stream, 1)[0] < 0.5
    return grown(thing, radius_px, shape) if outwards else shrunk(thing, radius_px, shape)
