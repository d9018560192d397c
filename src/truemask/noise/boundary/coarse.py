"""Noise of annotating at low resolution: outlines in steps of several pixels.

Source: labels drawn on, or stored for, a smaller image; as Cityscapes' coarse annotations are coarser than
the fine ones, Cordts et al., CVPR 2016, arXiv:1604.01685.
"""

from typing import Annotated

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary.things import redrawn
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.types import IGNORE, Instances, Problem

FactorPx = Annotated[int, Range(1.0, 255.0, "whole pixels from 1 to 255")]


def coarse(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    factor_px: FactorPx,
    rate: Rate = 1.0,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Labels in blocks: each square of factor_px, counted from the image's corner, is of one label.

    In a label map that is the most frequent label of the block, IGNORE aside; of equally frequent ones the
    highest. Of an object, blocks are on that it covers at least half of; an object that has none vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        factor_px: side of a block; 1 leaves all as it is.
        rate: chance of an object, or of a whole label map, to be touched.
    """
    if isinstance(labels, Instances):
        return redrawn(
            labels, problem, draws, lambda thing, _: _blocks(thing, factor_px), rate=rate, what="coarse"
        )
    if draws.uniforms("coarse", np.zeros(1, dtype=np.int64))[0] >= rate:
        return labels
    return _majority(labels, factor_px)


def _majority(labels: UInt8[np.ndarray, "h w"], factor_px: int) -> UInt8[np.ndarray, "h w"]:
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    noisy = np.empty_like(labels)
    kernels.majority(labels, factor_px, IGNORE, noisy)
    return noisy


def _blocks(thing: Crop, factor_px: int) -> Crop:
    (height, width), (rows, columns) = thing.size, thing.mask.shape
    top, left = thing.top - thing.top % factor_px, thing.left - thing.left % factor_px
    bottom = min(height, -(-(thing.top + rows) // factor_px) * factor_px)
    right = min(width, -(-(thing.left + columns) // factor_px) * factor_px)
    mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
    mask[thing.top - top :, thing.left - left :][:rows, :columns] = thing.mask
    return Crop(_majority(mask, factor_px), top, left, thing.size)
