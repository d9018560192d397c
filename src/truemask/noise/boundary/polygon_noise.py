"""Noise of annotating by polygons: too few corners, and corners that are off.

Sources: approximation and localisation noise of Kimhi et al., arXiv:2406.10891; Douglas and Peucker,
Cartographica 1973.
"""

from typing import Annotated

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary import streams
from truemask.noise.boundary.polygons import Part, Ring, filled, parts, simplified
from truemask.noise.boundary.things import redrawn, redrawn_in, widened
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.types import Instances, Problem

UpToPx = Annotated[float, Range(0.0, 255.0, "pixels from 0 to 255")]
_FARTHEST = 5
"""Normal draws are cut there."""


def simplify(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    tolerance_px: UpToPx,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines of few corners, as of someone in a hurry: straight where they should be round.

    Every outline, holes included, keeps only corners that leave no other one farther than tolerance_px from
    it. Connected regions of a label map are things; small ones are seen over large ones.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        tolerance_px: how far an outline may be off; COCO-N has 5, 10, 15.
        rate: chance of a thing to be touched.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    return redrawn(
        labels, problem, draws, lambda thing, _: approximated(thing, tolerance_px), rate=rate, what="simplify"
    )


def jitter(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    sigma_px: UpToPx,
    tolerance_px: UpToPx = 1.0,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines whose corners are off by a normal draw in x and in y, rounded to whole pixels.

    First every outline is simplified as `simplify` does: the fewer corners, the smoother what comes out.
    Connected regions of a label map are things; small ones are seen over large ones. Normal draws go by way
    of logarithm and cosine, so a corner may round differently on another machine once in a great while.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        sigma_px: deviation of the draws; COCO-N has 2, 3, 4.
        tolerance_px: of simplifying; 0 moves every corner of the pixels' outline, as COCO-N does.
        rate: chance of a thing to be touched.

    Raises:
        BadInput: if a label map's problem has no background.
    """

    def redraw(thing: Crop, stream: int) -> Crop:
        return jittered(thing, stream, sigma_px, tolerance_px)

    return redrawn(labels, problem, draws, redraw, rate=rate if sigma_px else 0.0, what="jitter")


def approximated(thing: Crop, tolerance_px: float, *, released: bool = False) -> Crop:
    """The thing within outlines of few corners; `released` as in `parts`."""
    found = _simplified(parts(thing.mask, released=released), tolerance_px)
    return redrawn_in(thing, filled(found, thing.mask.shape))


def jittered(
    thing: Crop, stream: int, sigma_px: float, tolerance_px: float, *, released: bool = False
) -> Crop:
    """The thing within outlines whose corners are off; `released` as in `parts`."""
    wide = widened(thing, int(_FARTHEST * sigma_px) + 1)
    found = _simplified(parts(wide.mask, released=released), tolerance_px)
    corners = sum(len(ring) for part in found for ring in part.rings)
    off = np.rint(sigma_px * streams.normals(stream, 2 * corners)).astype(np.int32).reshape(corners, 1, 2)
    moved, used = [], 0
    for part in found:
        rings: list[Ring] = []
        for ring in part.rings:
            rings.append(ring + off[used : used + len(ring)])
            used += len(ring)
        moved.append(Part(tuple(rings)))
    return redrawn_in(wide, filled(moved, wide.mask.shape))


def _simplified(found: list[Part], tolerance_px: float) -> list[Part]:
    return [Part(tuple(simplified(ring, tolerance_px) for ring in part.rings)) for part in found]
