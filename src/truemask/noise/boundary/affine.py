"""Noise that moves, resizes and turns outlines as they are.

Source: the affine transformations of masks in T-Loss, Gonzalez-Jimenez et al., MICCAI 2023, arXiv:2306.00753;
there in eight directions, here in all.
"""

from dataclasses import dataclass
from math import ceil, cos, exp, floor, log, pi, sin
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.crops import Crop, crop, pack
from truemask.noise.background import background_of
from truemask.noise.boundary import streams
from truemask.noise.boundary.things import redrawn
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.noise.objects import bearing, kept, with_outlines
from truemask.types import IGNORE, Instances, Problem

ShiftPx = Annotated[float, Range(0.0, 1000.0, "pixels from 0 to 1000")]
Scale = Annotated[float, Range(1.0, 8.0, "a number of times the size, from 1 to 8")]
Degrees = Annotated[float, Range(0.0, 180.0, "degrees from 0 to 180")]


def affine(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    shift_px: ShiftPx,
    scale: Scale = 1.0,
    rotate_deg: Degrees = 0.0,
    of: Literal["thing", "image"] = "thing",
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines at the wrong place, in the wrong size, turned: about the middle of their box.

    The direction of the shift is drawn evenly from all; the factor of size between 1 / scale and scale,
    evenly in its logarithm; the angle evenly between -rotate_deg and rotate_deg. Each pixel then shows what
    was nearest to where it came from. Connected regions of a label map are things; small ones are seen over
    large ones. Sines and the like decide by rounding, so a pixel may differ on another machine once in a
    great while.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        shift_px: how far.
        scale: the largest factor.
        rotate_deg: the largest angle.
        of: draw for each `thing`; or once for all of an `image`, about its middle: what comes from beyond
            it is background.
        rate: chance of a thing, or image, to be touched.

    Raises:
        BadInput: if a label map's problem has no background.
    """

    def move(stream: int) -> _Move:
        return _drawn(stream, shift_px, scale, rotate_deg)

    if of == "image":
        return _as_one(labels, problem, draws, move(int(draws.bits("affine: all", _ONE)[0])), rate)
    return redrawn(
        labels, problem, draws, lambda thing, stream: _moved(thing, move(stream)), rate=rate, what="affine"
    )


@dataclass(frozen=True)
class _Move:
    right_px: float
    down_px: float
    factor: float
    angle: float

    def matrix(self, x: float, y: float) -> Float64[np.ndarray, "2 3"]:
        """Where a pixel of the result comes from, 2 x 3, for a move about (x, y)."""
        across, along = cos(self.angle) / self.factor, sin(self.angle) / self.factor
        turn = np.array([[across, along], [-along, across]])
        offset = np.array([x, y]) - turn @ np.array([x + self.right_px, y + self.down_px])
        return np.column_stack([turn, offset])


_ONE = np.zeros(1, dtype=np.int64)


def _drawn(stream: int, shift_px: float, scale: float, rotate_deg: float) -> _Move:
    direction, size, turn = streams.uniforms(stream, 3).tolist()
    return _Move(
        shift_px * cos(2 * pi * direction),
        shift_px * sin(2 * pi * direction),
        exp((2 * size - 1) * log(scale)),
        (2 * turn - 1) * rotate_deg * pi / 180,
    )


def _moved(thing: Crop, move: _Move, about: tuple[float, float] | None = None) -> Crop:
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    (height, width), (rows, columns) = thing.size, thing.mask.shape
    x, y = about or (thing.left + (columns - 1) / 2, thing.top + (rows - 1) / 2)
    matrix = move.matrix(x, y)
    corners = np.array(
        [
            (thing.left + across * columns - 0.5, thing.top + along * rows - 0.5)
            for across in (0, 1)
            for along in (0, 1)
        ]
    )
    reached = np.linalg.solve(matrix[:, :2], (corners - matrix[:, 2]).T).T
    left, top = (max(0, floor(value)) for value in reached.min(axis=0).tolist())
    right, bottom = (ceil(value) + 1 for value in reached.max(axis=0).tolist())
    mask = np.zeros((max(0, min(height, bottom) - top), max(0, min(width, right) - left)), dtype=np.uint8)
    if not mask.size:
        return Crop(np.zeros((0, 0), dtype=np.uint8), 0, 0, thing.size)
    start = matrix[:, :2] @ np.array([left, top]) + matrix[:, 2] - np.array([thing.left, thing.top])
    kernels.moved(thing.mask, np.column_stack([matrix[:, :2], start]), np.uint8(0), mask)
    return Crop(mask, top, left, thing.size)


def _as_one(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem, draws: Draws, move: _Move, rate: float
) -> UInt8[np.ndarray, "h w"] | Instances:
    from truemask.noise.boundary import kernels

    background = background_of(problem, "affine")
    size = labels.size if isinstance(labels, Instances) else labels.shape
    middle = ((size[1] - 1) / 2, (size[0] - 1) / 2)
    if draws.uniforms("affine", _ONE)[0] >= rate:
        return labels
    if isinstance(labels, Instances):
        return _objects_as_one(labels, move, middle)
    noisy = np.empty_like(labels)
    kernels.moved(labels, move.matrix(*middle), np.uint8(background), noisy)
    here = (labels == IGNORE) | (noisy == IGNORE)
    noisy[here] = labels[here]
    return noisy


def _objects_as_one(objects: Instances, move: _Move, middle: tuple[float, float]) -> Instances:
    outlines, keep = {}, np.ones(len(objects), dtype=bool)
    for row in np.flatnonzero(bearing(objects)).tolist():
        before = crop(objects.masks[row], objects.size)
        if before.mask.size:
            after = _moved(before, move, middle)
            outlines[row], keep[row] = pack(after), bool(after.mask.any())
    return kept(with_outlines(objects, outlines), keep)
