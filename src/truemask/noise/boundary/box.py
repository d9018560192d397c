"""Noise of annotating by boxes: a thing's box where its mask should be.

Source: boxes as labels, as in BoxSup, Dai et al., ICCV 2015, arXiv:1503.01640.
"""

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary.things import redrawn, redrawn_in
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.types import Instances, Problem


def box(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem, draws: Draws, *, rate: Rate
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Some things with all of their tight box instead of their outline.

    Connected regions of a label map are things; small ones are seen over large ones.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a thing to be a box.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    return redrawn(labels, problem, draws, lambda thing, _: _full(thing), rate=rate, what="box")


def _full(thing: Crop) -> Crop:
    return redrawn_in(thing, np.ones_like(thing.mask))
