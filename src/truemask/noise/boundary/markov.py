"""Noise by Markov boundary growth: outlines wander, pixel by pixel, step by step.

Source: Yao et al., "Learning to Segment from Noisy Annotations: A Spatial Correction Approach", ICLR 2023.
"""

from math import ceil
from typing import Annotated

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from truemask.crops import Crop
from truemask.noise.boundary import streams
from truemask.noise.boundary.things import redrawn, widened
from truemask.noise.draws import Draws, threshold
from truemask.noise.knobs import Range, Rate
from truemask.types import Instances, Problem

Steps = Annotated[int, Range(0.0, 2000.0, "a whole number of steps from 0 to 2000")]
_AROUND_PX = 4
"""How far around a thing the last flips go: twice the blur's reach."""


def markov(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    steps: Steps,
    theta1: Rate = 0.8,
    theta2: Rate = 0.05,
    theta3: Rate = 0.2,
    everywhere: bool = False,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines that wandered: far out for a large theta1, far in for a small one, and ragged.

    At each step the thing's outer outline (pixels beside it) is looked at with chance theta1, else its inner
    one (pixels of it that have one beside them that is not), and each pixel of that outline flips with
    chance theta2. At the end each pixel flips with chance theta3, and a blur (5 x 5, sigma 2 px) cut at a
    half smooths what came of it. Connected regions of a label map and objects wander one by one; in a map
    small ones are seen over large ones.

    Published settings: lungs and heart 180 steps, 0.8 or 0.2, 0.05, 0.2; clavicles 100 steps and
    theta2 0.02; ISIC 200 steps. There each class is one binary image, and flips are everywhere in it.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        steps: T of the paper.
        theta1: chance of a step to go outwards; 0.5 drifts nowhere.
        theta2: chance of a pixel of the outline to flip in a step; so the outline moves by about theta2
            pixels a step.
        theta3: chance of a pixel to flip at the end.
        everywhere: flip at the end in the whole image as published, which leaves specks, and not only up to
            4 px around the box of the thing.
        rate: chance of a thing to be touched at all.

    Raises:
        BadInput: if a label map's problem has no background.
    """

    def redraw(thing: Crop, stream: int) -> Crop:
        walked = _walked(thing, stream, steps, theta1, theta2, everywhere=everywhere)
        return _blurred(walked, stream, theta3)

    return redrawn(labels, problem, draws, redraw, rate=rate, what="markov")


def _walked(thing: Crop, stream: int, steps: int, theta1: float, theta2: float, *, everywhere: bool) -> Crop:
    """The thing after all steps, with the room for flips around it."""
    from truemask.noise.boundary import markov_kernels  # late: numba takes half a second to import

    around, walking, _ = streams.bits(stream, 3)
    outwards = streams.uniforms(int(around), steps) < theta1
    # Farther than most outlines get. If one gets to the edge of its crop, it starts again on a larger one.
    margin_px = max(thing.size) if everywhere else ceil(3 * theta2 * np.count_nonzero(outwards)) + _AROUND_PX
    while True:
        wide = widened(thing, margin_px)
        top, left = thing.top - wide.top, thing.left - wide.left
        reach = np.array([top, left, top + thing.mask.shape[0], left + thing.mask.shape[1]], dtype=np.int64)
        place = wide.top * wide.size[1] + wide.left
        markov_kernels.walk(
            wide.mask, place, wide.size, outwards, walking, np.uint64(threshold(theta2)), reach
        )
        if _had_room(wide, reach):
            break
        margin_px *= 2
    if everywhere:
        return wide
    top, left = np.maximum(reach[:2] - _AROUND_PX, 0).tolist()
    bottom, right = (reach[2:] + _AROUND_PX).tolist()
    return Crop(
        np.ascontiguousarray(wide.mask[top:bottom, left:right]), wide.top + top, wide.left + left, wide.size
    )


def _had_room(wide: Crop, reach: Int64[np.ndarray, "4"]) -> bool:
    """Whether nothing got to an edge of the crop that is not one of the image."""
    (rows, columns), (height, width) = wide.mask.shape, wide.size
    top, left, bottom, right = reach.tolist()
    upright = (top > 0 or wide.top == 0) and (bottom < rows or wide.top + rows == height)
    return upright and (left > 0 or wide.left == 0) and (right < columns or wide.left + columns == width)


def _blurred(walked: Crop, stream: int, theta3: float) -> Crop:
    from truemask.noise.boundary import markov_kernels

    markov_kernels.flip(walked.mask, streams.bits(stream, 3)[2], np.uint64(threshold(theta3)))
    # On 8 bits this is whole-number arithmetic, the same on every machine.
    blurred = cv2.GaussianBlur(walked.mask * np.uint8(255), (5, 5), 2)
    return Crop((blurred >= 128).astype(np.uint8), walked.top, walked.left, walked.size)
