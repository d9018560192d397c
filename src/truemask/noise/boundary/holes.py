"""Noise of careless filling: things with holes in them.

Source: holes as of a brush that missed; the kind of wrong label named so in truemask's own list of noises.
"""

from typing import Annotated

import cv2
import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary import streams
from truemask.noise.boundary.things import redrawn, redrawn_in
from truemask.noise.draws import Draws
from truemask.noise.knobs import RadiusPx, Range, Rate
from truemask.types import Instances, Problem

Holes = Annotated[int, Range(1.0, 1000.0, "a whole number from 1 to 1000")]


def holes(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    radius_px: RadiusPx = 3,
    count: Holes = 1,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Some things with disks punched out of them: background in a label map, nothing in an object.

    A disk's middle is any of the thing's pixels, each with the same chance; disks may overlap, and reach
    beyond the thing, where they take nothing away. A thing smaller than its holes vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a thing (connected region of a label map, or object) to have holes.
        radius_px: of a hole; 0 is one pixel.
        count: holes in each such thing.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    across = np.arange(-radius_px, radius_px + 1)
    disk = (across[:, None] ** 2 + across**2 <= radius_px**2).astype(np.uint8)

    def redraw(thing: Crop, stream: int) -> Crop:
        pixels = np.flatnonzero(thing.mask)
        middles = np.zeros_like(thing.mask)
        middles.flat[pixels[(streams.uniforms(stream, count) * len(pixels)).astype(np.int64)]] = 1
        return redrawn_in(thing, thing.mask & (1 - cv2.dilate(middles, disk)))

    return redrawn(labels, problem, draws, redraw, rate=rate, what="holes")
